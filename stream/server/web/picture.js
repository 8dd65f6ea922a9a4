// Shows packed pictures (colour above, matte below, one JPEG) on a transparent canvas. Newest wins.

import { FlatPainter } from "./flat_painter.js";
import { GlPainter } from "./gl_painter.js";

export class PictureView {
  // onSeen(count): so many more pictures were drawn or replaced; the server sends no more than a few that were not.
  constructor(canvas, onSeen = () => {}) {
    this.canvas = canvas;
    this.onSeen = onSeen;
    this.painter = GlPainter.on(canvas) ?? new FlatPainter(canvas);
    this.counts = { received: 0, drawn: 0, replaced: 0, seq: -1, painter: this.painter.name };
    this.pending = null;
    this.busy = false;
    this.unreported = 0;
  }

  // Draw this picture unless a newer one comes first. While one is decoded, only the newest other waits.
  show(picture) {
    this.counts.received += 1;
    this.unreported += 1;
    if (this.pending) this.counts.replaced += 1;
    this.pending = picture;
    if (!this.busy) this.work();
  }

  async work() {
    this.busy = true;
    try {
      while (this.pending) {
        const picture = this.pending;
        this.pending = null;
        await this.draw(picture).finally(() => this.report(this.pending ? 1 : 0));
      }
    } finally {
      this.busy = false;
    }
  }

  report(waiting) {
    if (this.unreported > waiting) this.onSeen(this.unreported - waiting);
    this.unreported = waiting;
  }

  async draw(picture) {
    const bitmap = await createImageBitmap(picture.jpeg, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
    const { canvas } = this;
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      canvas.width = picture.width;
      canvas.height = picture.height;
    }
    this.painter.paint(bitmap);
    bitmap.close();
    this.counts.drawn += 1;
    this.counts.seq = picture.seq;
  }
}
