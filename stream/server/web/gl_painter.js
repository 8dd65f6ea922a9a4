// Paints a packed picture with WebGL 2.

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
  float alpha = clamp((matte * 255.0 - 7.0) / 241.0, 0.0, 1.0);  // JPEG's noise near black and white is neither dust nor holes
  premultiplied = vec4(colour * alpha, alpha);
}`;

// preserveDrawingBuffer: the page may be composed again long after the picture was drawn.
const CONTEXT = { alpha: true, premultipliedAlpha: true, antialias: false, preserveDrawingBuffer: true };

function shader(gl, type, source) {
  const made = gl.createShader(type);
  gl.shaderSource(made, source);
  gl.compileShader(made);
  if (!gl.getShaderParameter(made, gl.COMPILE_STATUS) && !gl.isContextLost()) throw new Error(gl.getShaderInfoLog(made));
  return made;
}

export class GlPainter {
  // Return a painter, or null where there is no WebGL 2.
  static on(canvas) {
    const gl = canvas.getContext("webgl2", CONTEXT);
    return gl ? new GlPainter(canvas, gl) : null;
  }

  constructor(canvas, gl) {
    this.name = "webgl2";
    this.gl = gl;
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault()); // so that it comes back
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
  }

  paint(bitmap) {
    const gl = this.gl;
    const { width, height } = gl.canvas;
    gl.viewport(0, 0, width, height);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, gl.RGB, gl.UNSIGNED_BYTE, bitmap);
    gl.uniform2i(this.place, bitmap.height / 2, height);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }
}
