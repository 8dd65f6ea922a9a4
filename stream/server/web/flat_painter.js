// Paints a packed picture without WebGL, for browser sources without hardware acceleration: slower, the same pixels.

export class FlatPainter {
  constructor(canvas) {
    this.name = "2d";
    this.target = canvas.getContext("2d");
    this.packed = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  }

  paint(bitmap) {
    const { width, height } = this.target.canvas;
    const { packed } = this;
    if (packed.canvas.width !== bitmap.width || packed.canvas.height !== bitmap.height) {
      packed.canvas.width = bitmap.width;
      packed.canvas.height = bitmap.height;
    }
    packed.drawImage(bitmap, 0, 0);
    const colour = packed.getImageData(0, 0, width, height);
    const matte = packed.getImageData(0, bitmap.height / 2, width, height).data;
    const { data } = colour;
    for (let at = 3; at < data.length; at += 4) data[at] = ((matte[at - 2] - 7) * 255) / 241; // clamped and rounded by the array
    this.target.putImageData(colour, 0, 0); // image data is straight, as the packed picture is
  }
}
