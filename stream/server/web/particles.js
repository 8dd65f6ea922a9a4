// Emotes and confetti on one canvas. Runs only while something flies; between two effects the canvas is empty and not drawn.
//
// Lengths are shares of the page's height, times are seconds, so that every size of source looks alike.

const MOST = 600; // pieces at a time; more would not be told apart
const LONGEST_STEP_S = 0.05; // after a pause the flight goes on where it was
const SPRITE_PX = 256;

const random = (from, to) => from + Math.random() * (to - from);

// Past its end and back: 0 at 0, 1 at 1, in between above 1.
const overshoot = (x) => 1 + 2.7 * (x - 1) ** 3 + 1.7 * (x - 1) ** 2;

// Draw a text once, as large as it may be shown: drawing emoji anew in every frame is slow.
function textSprite(text) {
  const sprite = document.createElement("canvas");
  const pen = sprite.getContext("2d");
  const font = `800 ${SPRITE_PX * 0.8}px "Noto Color Emoji", "Segoe UI Emoji", "Apple Color Emoji", system-ui, sans-serif`;
  pen.font = font;
  const width = pen.measureText(text).width;
  sprite.width = Math.min(SPRITE_PX * 8, Math.ceil(width) + SPRITE_PX * 0.3);
  sprite.height = SPRITE_PX * 1.2;
  pen.font = font;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  pen.lineWidth = SPRITE_PX * 0.09;
  pen.strokeStyle = "rgb(27 20 48 / 85%)";
  if (!/\p{Extended_Pictographic}/u.test(text)) pen.strokeText(text, sprite.width / 2, SPRITE_PX * 0.62);
  pen.fillStyle = "#ffffff";
  pen.fillText(text, sprite.width / 2, SPRITE_PX * 0.62);
  return sprite;
}

// The index-th of numbers 0..1 that keep apart from one another, however many they are (steps of the golden ratio).
const spread = (index, start) => (start + index * 0.618034) % 1;

// Where an emote starts and how it moves; `wide` is the page's width in heights, `start` differs from effect to effect.
const MOTIONS = {
  rise: (wide, index, start) => ({
    x: (0.06 + 0.88 * spread(index, start)) * wide, y: 1.12, vx: 0, vy: -random(0.34, 0.55), gravity: 0,
    sway: random(0.02, 0.05), delay: index * 0.11 + random(0, 0.08), life: random(2.2, 3.0), turn: random(-0.25, 0.25),
  }),
  burst: (wide, index, start) => {
    const angle = 2 * Math.PI * spread(index, start);
    const speed = random(0.45, 1.0);
    return {
      x: wide / 2, y: 0.5, vx: Math.cos(angle) * speed, vy: Math.sin(angle) * speed - 0.35, gravity: 0.9,
      sway: 0, delay: random(0, 0.12), life: random(1.3, 1.9), turn: random(-2, 2),
    };
  },
  rain: (wide, index, start) => ({
    x: (0.02 + 0.96 * spread(index, start)) * wide, y: -0.15, vx: random(-0.03, 0.03), vy: random(0.35, 0.6), gravity: 0.25,
    sway: random(0.005, 0.02), delay: index * 0.09 + random(0, 0.08), life: 2.6, turn: random(-1, 1),
  }),
};

export class Particles {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.pieces = [];
    this.throwing = []; // confetti that is still to be thrown
    this.sprites = new Map();
    this.frames = 0;
    this.last = null;
    canvas.classList.add("idle");
  }

  get count() {
    return this.pieces.length;
  }

  // `picture`: something that can be drawn, of any size.
  emotes(picture, { count, motion, size }) {
    const wide = innerWidth / innerHeight;
    const start = Math.random();
    for (let index = 0; index < count; index += 1) {
      const flight = MOTIONS[motion](wide, index, start);
      this.add({ ...flight, picture, size: (size / 100) * random(0.75, 1.1), phase: random(0, 6.3), age: -flight.delay, draw: drawEmote });
    }
    this.wake();
  }

  text(text, options) {
    if (!this.sprites.has(text)) {
      if (this.sprites.size >= 32) this.sprites.clear();
      this.sprites.set(text, textSprite(text));
    }
    this.emotes(this.sprites.get(text), options);
  }

  confetti({ seconds, colors }) {
    this.throwing.push({ left: seconds, due: 0, colors });
    this.wake();
  }

  clear() {
    this.pieces = [];
    this.throwing = [];
  }

  add(piece) {
    if (this.pieces.length < MOST) this.pieces.push(piece);
  }

  wake() {
    if (this.last !== null) return;
    this.canvas.classList.remove("idle");
    this.last = performance.now();
    requestAnimationFrame((now) => this.frame(now));
  }

  frame(now) {
    const step = Math.min(LONGEST_STEP_S, Math.max(0, (now - this.last) / 1000));
    this.last = now;
    this.frames += 1;
    this.fit();
    this.throwOn(step);
    for (const piece of this.pieces) move(piece, step);
    this.pieces = this.pieces.filter((piece) => piece.age < piece.life && piece.y < 1.3);
    this.pen.setTransform(1, 0, 0, 1, 0, 0);
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (const piece of this.pieces) if (piece.age >= 0) piece.draw(this.pen, piece, this.canvas.height);
    if (this.pieces.length || this.throwing.length) {
      requestAnimationFrame((next) => this.frame(next));
    } else {
      this.last = null;
      this.canvas.classList.add("idle");
    }
  }

  fit() {
    const width = Math.round(innerWidth * devicePixelRatio);
    const height = Math.round(innerHeight * devicePixelRatio);
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
  }

  throwOn(step) {
    const wide = innerWidth / innerHeight;
    for (const source of this.throwing) {
      source.due += Math.min(step, source.left) * 150;
      source.left -= step;
      for (; source.due >= 1; source.due -= 1) this.add(scrap(wide, source.colors));
    }
    this.throwing = this.throwing.filter((source) => source.left > 0);
  }
}

function scrap(wide, colors) {
  const fromLeft = Math.random() < 0.5;
  const angle = random(0.85, 1.35); // from the horizontal
  const speed = random(1.3, 2.6);
  return {
    x: fromLeft ? -0.02 : wide + 0.02, y: 1.02, vx: Math.cos(angle) * speed * (fromLeft ? 1 : -1) * 1.25, vy: -Math.sin(angle) * speed,
    gravity: 1.15, drag: 1.15, sway: random(0.01, 0.03), phase: random(0, 6.3), turn: random(-5, 5), tumble: random(5, 12),
    size: random(0.018, 0.034), shape: Math.random() < 0.3 ? "disc" : "strip", color: colors[Math.floor(Math.random() * colors.length)],
    age: 0, life: random(3.2, 4.4), draw: drawScrap,
  };
}

function move(piece, step) {
  piece.age += step;
  if (piece.age < 0) return;
  const slow = Math.exp(-(piece.drag ?? 0) * step);
  piece.vx *= slow;
  piece.vy = piece.vy * slow + piece.gravity * step;
  piece.x += piece.vx * step;
  piece.y += piece.vy * step;
}

// Seen wholly, but for the last part of its life.
const fading = (piece, part) => Math.min(1, (piece.life - piece.age) / (piece.life * part));

function drawEmote(pen, piece, height) {
  const grown = overshoot(Math.min(1, piece.age / 0.35));
  const scale = (piece.size * height * grown) / SPRITE_PX;
  const side = Math.sin(piece.age * 2.6 + piece.phase) * piece.sway;
  const turn = piece.sway ? Math.sin(piece.age * 2.2 + piece.phase) * 0.18 + piece.turn * 0.3 : piece.turn * piece.age;
  const { width, height: tall } = piece.picture;
  const even = scale * (SPRITE_PX / Math.max(1, piece.picture.naturalHeight ?? SPRITE_PX));
  pen.setTransform(1, 0, 0, 1, (piece.x + side) * height, piece.y * height);
  pen.rotate(turn);
  pen.scale(even, even);
  pen.globalAlpha = fading(piece, 0.3);
  pen.drawImage(piece.picture, -width / 2, -tall / 2);
  pen.globalAlpha = 1;
}

function drawScrap(pen, piece, height) {
  const side = Math.sin(piece.age * 3 + piece.phase) * piece.sway;
  const flat = Math.cos(piece.age * piece.tumble + piece.phase); // it tumbles: seen from its edge it is thin
  pen.setTransform(1, 0, 0, 1, (piece.x + side) * height, piece.y * height);
  pen.rotate(piece.age * piece.turn);
  pen.scale(1, Math.max(0.08, Math.abs(flat)));
  pen.globalAlpha = fading(piece, 0.25);
  pen.fillStyle = piece.color;
  const size = piece.size * height;
  pen.beginPath();
  if (piece.shape === "disc") pen.arc(0, 0, size * 0.5, 0, 2 * Math.PI);
  else pen.rect(-size * 0.33, -size * 0.62, size * 0.66, size * 1.24);
  pen.fill();
  pen.fillStyle = flat > 0 ? "rgb(255 255 255 / 16%)" : "rgb(0 0 0 / 18%)"; // one side catches the light
  pen.fill();
  pen.globalAlpha = 1;
}
