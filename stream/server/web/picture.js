// Draws packed pictures (colour above, matte below, one JPEG) on a transparent canvas with WebGL 2. Newest wins.

const VERTEX = `#version 300 es
const vec2 corners[4] = vec2[4](vec2(-1, -1), vec2(1, -1), vec2(-1, 1), vec2(1, 1));
void main() { gl_Position = vec4(corners[gl_VertexID], 0, 1); }`;

// One texel per pixel, no filtering: straight colour must not be mixed with its neighbours before it is multiplied by alpha.
const FRAGMENT = `#version 300 es
precision highp float;
uniform sampler2D packed_picture;
uniform ivec2 matte_and_height;  // first row of the matte; height of the picture
out vec4 premultiplied;
void main() {
  ivec2 at = ivec2(gl_FragCoord.x, float(matte_and_height.y) - gl_FragCoord.y);
  vec3 colour = texelFetch(packed_picture, at, 0).rgb;
  float matte = texelFetch(packed_picture, ivec2(at.x, at.y + matte_and_height.x), 0).g;
  float alpha = clamp((matte * 255.0 - 3.0) / 248.0, 0.0, 1.0);  // JPEG's noise near black and white is neither dust nor holes
  premultiplied = vec4(colour * alpha, alpha);
}`;

function shader(gl, type, source) {
  const made = gl.createShader(type);
  gl.shaderSource(made, source);
  gl.compileShader(made);
  if (!gl.getShaderParameter(made, gl.COMPILE_STATUS) && !gl.isContextLost()) throw new Error(gl.getShaderInfoLog(made));
  return made;
}

export class PictureView {
  constructor(canvas) {
    this.canvas = canvas;
    this.counts = { received: 0, drawn: 0, replaced: 0, seq: -1 };
    this.pending = null;
    this.busy = false;
    this.gl = canvas.getContext("webgl2", { alpha: true, premultipliedAlpha: true, antialias: false, preserveDrawingBuffer: true });
    if (!this.gl) throw new Error("This overlay needs WebGL 2: switch on hardware acceleration for browser sources.");
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => this.prepare());
    this.prepare();
  }

  prepare() {
    const gl = this.gl;
    const program = gl.createProgram();
    gl.attachShader(program, shader(gl, gl.VERTEX_SHADER, VERTEX));
    gl.attachShader(program, shader(gl, gl.FRAGMENT_SHADER, FRAGMENT));
    gl.linkProgram(program);
    gl.useProgram(program);
    this.place = gl.getUniformLocation(program, "matte_and_height");
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
    for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, name, gl.CLAMP_TO_EDGE);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.disable(gl.BLEND);
  }

  // Draw this picture unless a newer one comes first. While one is decoded, only the newest other waits.
  show(picture) {
    this.counts.received += 1;
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
        await this.draw(picture);
      }
    } finally {
      this.busy = false;
    }
  }

  async draw(picture) {
    const bitmap = await createImageBitmap(picture.jpeg, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
    const { gl, canvas } = this;
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      canvas.width = picture.width;
      canvas.height = picture.height;
    }
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, gl.RGB, gl.UNSIGNED_BYTE, bitmap);
    gl.uniform2i(this.place, bitmap.height / 2, picture.height);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    bitmap.close();
    this.counts.drawn += 1;
    this.counts.seq = picture.seq;
  }
}
