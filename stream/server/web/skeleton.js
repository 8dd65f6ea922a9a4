// Draws a tracking message: body, hands and face over a neutral ground. The tables repeat trackers/skeleton.py (a test compares).

export const BODY_EDGES = [
  [11, 12], [11, 13], [13, 15], [12, 14], [14, 16], [11, 23], [12, 24], [23, 24],
  [23, 25], [25, 27], [27, 29], [29, 31], [27, 31], [24, 26], [26, 28], [28, 30], [30, 32], [28, 32],
  [15, 17], [15, 19], [15, 21], [16, 18], [16, 20], [16, 22],
];

export const HAND_EDGES = [
  [0, 1], [1, 2], [2, 3], [3, 4], [0, 5], [5, 6], [6, 7], [7, 8], [5, 9], [9, 10], [10, 11], [11, 12],
  [9, 13], [13, 14], [14, 15], [15, 16], [13, 17], [0, 17], [17, 18], [18, 19], [19, 20],
];

const HAND_STUBS = new Set(["15,17", "15,19", "15,21", "16,18", "16,20", "16,22"]); // the hand itself is drawn better

// Rings and lines of the face mesh: outline, lips, eyes, brows.
const FACE_LINES = [
  [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172,
    58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10],
  [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, 61],
  [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191, 78],
  [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 33],
  [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466, 263],
  [70, 63, 105, 66, 107],
  [336, 296, 334, 293, 300],
  [168, 6, 197, 195, 5, 4],
];
const IRISES = [[468, 469], [473, 474]]; // centre, a point on the rim

const COLOURS = { body: "#6ee7c8", left_hand: "#ffb86b", right_hand: "#7fb4ff", face: "#e7a6ff" };
const LEAST_VISIBLE = 0.5;
const JOINED_PX = 70; // a hand is joined to the body's wrist if it is not farther than that, in a picture 640 wide

export class SkeletonView {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  clear() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  draw(tracking) {
    const { canvas, context } = this;
    if (canvas.width !== tracking.width_px || canvas.height !== tracking.height_px) {
      canvas.width = tracking.width_px;
      canvas.height = tracking.height_px;
    }
    this.clear();
    context.lineCap = context.lineJoin = "round";
    this.unit = Math.max(canvas.width, canvas.height) / 640;
    if (tracking.body) this.body(tracking.body);
    if (tracking.face) this.face(tracking.face);
    for (const [side, wrist] of [["left_hand", 15], ["right_hand", 16]]) {
      const hand = tracking[side];
      if (!hand) continue;
      const joint = [tracking.body?.keypoints_px[wrist], hand.keypoints_px[0]];
      if (joint[0] && Math.hypot(joint[0][0] - joint[1][0], joint[0][1] - joint[1][1]) < JOINED_PX * this.unit) {
        this.lines(joint, [[0, 1]], COLOURS[side], 2.2);
      }
      this.hand(hand, COLOURS[side]);
    }
  }

  body({ keypoints_px: points, visibility }) {
    const seen = (index) => visibility[index] >= LEAST_VISIBLE;
    const edges = BODY_EDGES.filter((edge) => edge.every(seen) && !HAND_STUBS.has(edge.join()));
    this.lines(points, edges, COLOURS.body, 4);
    if (seen(0) && seen(11) && seen(12)) {
      const [left, right, nose] = [points[11], points[12], points[0]];
      const collar = [(left[0] + right[0]) / 2, (left[1] + right[1]) / 2];
      const chin = [nose[0] + (collar[0] - nose[0]) * 0.38, nose[1] + (collar[1] - nose[1]) * 0.38];
      this.lines([collar, chin], [[0, 1]], COLOURS.body, 4);
    }
    this.dots(points.filter((_, index) => index >= 11 && seen(index) && !(index >= 17 && index <= 22)), COLOURS.body, 4.5);
  }

  hand({ keypoints_px: points }, colour) {
    this.lines(points, HAND_EDGES, colour, 2.2);
    this.dots(points, colour, 2.4);
  }

  face({ keypoints_px: points }) {
    const { context } = this;
    context.fillStyle = "rgb(231 166 255 / 35%)";
    const size = 1.2 * this.unit;
    for (const [x, y] of points) context.fillRect(x - size / 2, y - size / 2, size, size);
    this.lines(points, FACE_LINES.flatMap((line) => line.slice(1).map((end, index) => [line[index], end])), COLOURS.face, 1.4);
    for (const [centre, rim] of IRISES) {
      if (!points[rim]) continue;
      context.beginPath();
      context.arc(...points[centre].slice(0, 2), Math.hypot(points[rim][0] - points[centre][0], points[rim][1] - points[centre][1]), 0, 7);
      context.stroke();
    }
  }

  lines(points, edges, colour, width) {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = width * this.unit;
    context.beginPath();
    for (const [from, to] of edges) {
      context.moveTo(points[from][0], points[from][1]);
      context.lineTo(points[to][0], points[to][1]);
    }
    context.stroke();
  }

  dots(points, colour, radius) {
    const { context } = this;
    context.fillStyle = colour;
    for (const [x, y] of points) {
      context.beginPath();
      context.arc(x, y, radius * this.unit, 0, 7);
      context.fill();
    }
  }
}
