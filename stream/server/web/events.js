// The effects page, a browser source: shows what rules ask for, `effect` messages in docs/protocol.md, and then nothing.

import { Link } from "./link.js";
import { Particles } from "./particles.js";

const MOST_TEXTS = 8;

const particles = new Particles(document.getElementById("stage"));
const texts = document.getElementById("texts");
const pictures = new Map();
let shown = 0;

// Load a picture of the user's own once.
function pictureOf(name) {
  if (!pictures.has(name)) {
    const image = new Image();
    image.src = `/emotes/${encodeURIComponent(name)}`;
    pictures.set(name, image.decode().then(() => image));
    pictures.get(name).catch(() => pictures.delete(name));
  }
  return pictures.get(name);
}

function showText({ text, seconds, style, color }) {
  const line = document.createElement("div");
  line.className = `text ${style}${color ? " coloured" : ""}`;
  line.textContent = text;
  line.style.setProperty("--seconds", `${seconds}s`);
  if (color) line.style.setProperty("--color", color);
  line.onanimationend = () => line.remove();
  for (const same of [...texts.children].filter((other) => other.classList.contains(style))) same.remove();
  while (texts.children.length >= MOST_TEXTS) texts.firstChild.remove();
  texts.append(line);
}

const effects = {
  emote: ({ emote, image, ...options }) => {
    if (!image) return particles.text(emote, options);
    return pictureOf(image).then((picture) => particles.emotes(picture, options), () => {});
  },
  text: showText,
  confetti: (options) => particles.confetti(options),
  clear: () => {
    particles.clear();
    texts.replaceChildren();
  },
};

new Link("/overlay/socket", {
  topics: ["effects"],
  onMessage: (message) => {
    if (message.type === "done") window.posecast.ready = true;
    if (message.type !== "effect" || !Object.hasOwn(effects, message.effect)) return;
    shown += 1;
    effects[message.effect](message);
  },
});

// For OBS's own inspector and for tests: how many effects came, what still moves, and how many frames were drawn.
window.posecast = {
  ready: false,
  get shown() {
    return shown;
  },
  get moving() {
    return particles.count + texts.children.length;
  },
  get frames() {
    return particles.frames;
  },
};
