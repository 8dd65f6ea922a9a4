// The panel: wires the socket to the page and the page's controls to commands. Fields: docs/protocol.md.

import { GesturesCard } from "./gestures.js";
import { Link } from "./link.js";
import { PictureView } from "./picture.js";
import { at, showBanner, showCalibration, showFound, showMetrics, showState, showStatus, toast } from "./readings.js";
import { SkeletonView } from "./skeleton.js";
import { TriggersCard } from "./triggers.js";

const SETTLE_MS = 800; // for so long a control keeps what the user chose, whatever an older status says
const PREPARING_MS = 60000; // another avatar is prepared first; what came of it is told long before
const SILENT_MS = 1500; // without tracking for so long, nothing is shown as tracked

const token = new URLSearchParams(location.search).get("token");
const skeleton = new SkeletonView(at("skeleton"));
const heldUntil = {};
let mayCommand = false;
let offered = []; // topics that the server's hello names: what is private is not for every panel
let status = null;
let cameraOn = false;
let trackedAt = 0;

const triggers = new TriggersCard((message) => command(message));
const gestures = new GesturesCard((message) => command(message));
const avatar = new PictureView(at("avatar"), (count) => link.seen("overlay", count));

function topics() {
  const always = ["status", "metrics", "events", "triggers"];
  const seen = ["gestures", "overlay", "tracking", ...(cameraOn ? ["camera"] : [])];
  const wanted = document.hidden ? always : [...always, ...seen]; // a panel in the background costs the stream nothing
  return wanted.filter((topic) => offered.includes(topic));
}

const link = new Link("/socket", {
  token,
  topics: topics(),
  onState: connection,
  onMessage: (message) => messages[message.type]?.(message),
  onPicture: showAvatar,
  onCamera: showCamera,
});

function connection(state) {
  if (state === "open") return;
  showState(state === "lost" ? "lost" : "connecting", state === "lost" ? "No connection" : undefined);
  if (state === "lost") {
    showBanner("Posecast does not answer. Is it running? This page connects again by itself.");
    showFound(null);
    allow(false);
    offered = [];
    link.subscribe(topics()); // for the next connection: it may be to a server that offers less
  }
}

function allow(may) {
  mayCommand = may;
  at("settings").disabled = !may;
  triggers.allow(may);
  gestures.allow(may);
}

const messages = {
  hello(message) {
    offered = message.topics;
    allow(message.may_command);
    const isOutside = !offered.includes("status"); // on a network, without the token
    document.body.classList.toggle("avatar-only", isOutside);
    at("avatar-only").hidden = !isOutside;
    at("view-only").hidden = mayCommand || isOutside;
    triggers.forgetUnheard();
    showBanner("");
    showState("running", "Connected");
    link.subscribe(topics());
  },
  status(message) {
    status = message;
    showStatus(message);
    showCalibration(message.calibration);
    showState(message.state);
    showBanner(message.state === "lost" ? message.detail || "The source is lost." : "");
    reflect(message);
  },
  metrics: showMetrics,
  tracking(message) {
    trackedAt = performance.now();
    skeleton.draw(message);
    showFound(message);
  },
  triggers: (message) => {
    triggers.show(message);
    gestures.name(message.rules);
  },
  gestures: (message) => gestures.show(message),
  event(message) {
    if (message.name === "input.failed") triggers.showUnheard(message.text);
    if (message.name === "avatar.changed") hold("avatar", SETTLE_MS);
    if (message.name === "avatar.failed") release("avatar");
    if (message.level !== "info" || message.name.startsWith("calibration.")) toast(message.text);
  },
  error(message) {
    toast(message.text);
    for (const name of Object.keys(heldUntil)) release(name);
  },
};

function showAvatar(picture) {
  avatar.show(picture);
  at("avatar-empty").hidden = true;
  const size = `${picture.width} × ${picture.height}`;
  if (at("avatar-size").textContent === size) return;
  at("avatar-size").textContent = size;
  at("overlay-size").textContent = size;
}

async function showCamera(picture) {
  const bitmap = await createImageBitmap(picture.jpeg).finally(() => link.seen("camera", 1));
  const canvas = at("camera");
  canvas.hidden = !cameraOn;
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
}

// Controls: what the program says, unless the user chose something a moment ago.

const settled = (name) => performance.now() > (heldUntil[name] ?? -Infinity);
const hold = (name, time_ms) => (heldUntil[name] = performance.now() + time_ms);

function release(name) {
  delete heldUntil[name];
  if (status) reflect(status);
}

function reflect({ settings, choices }) {
  const names = at("avatar-name");
  const listed = [...names.options].map((option) => option.value);
  if (listed.join() !== choices.avatars.join()) names.replaceChildren(...choices.avatars.map((name) => new Option(name, name)));
  for (const [name, put] of Object.entries(controls)) if (settled(name)) put(settings[name]);
  at("avatar-preparing").hidden = names.value === settings.avatar;
}

const controls = {
  mirror: (value) => {
    at("mirror").checked = value;
    for (const name of ["camera", "skeleton"]) at(name).classList.toggle("mirrored", value); // both pictures move alike
  },
  show_camera: (value) => {
    at("show-camera").checked = value;
    watchCamera(value);
  },
  avatar: (value) => (at("avatar-name").value = value),
  framing: (value) => {
    for (const input of at("framing").querySelectorAll("input")) input.checked = input.value === value;
  },
  background: (value) => {
    for (const swatch of document.querySelectorAll("[data-colour]")) swatch.classList.toggle("chosen", swatch.dataset.colour === value);
    const listed = document.querySelector("[data-colour].chosen") !== null;
    at("background").classList.toggle("chosen", !listed);
    if (/^#[0-9a-f]{6}$/i.test(value)) at("background").value = value;
  },
};

function watchCamera(on) {
  if (on === cameraOn) return;
  cameraOn = on;
  at("camera").hidden = true; // until the next picture comes
  link.subscribe(topics());
}

function command(message) {
  if (mayCommand) link.send(message);
}

function choose(name, value) {
  hold(name, name === "avatar" ? PREPARING_MS : SETTLE_MS);
  controls[name](value);
  command({ type: "set", settings: { [name]: value } });
}

at("mirror").onchange = (event) => choose("mirror", event.target.checked);
at("show-camera").onchange = (event) => {
  choose("show_camera", event.target.checked);
  if (event.target.checked && !offered.includes("camera")) toast("The camera's picture is not sent over the network: open this panel on the machine that runs Posecast, with --server.host 127.0.0.1.");
};
at("avatar-name").onchange = (event) => choose("avatar", event.target.value);
at("framing").onchange = (event) => choose("framing", event.target.value);
at("background").onchange = (event) => choose("background", event.target.value);
for (const swatch of document.querySelectorAll("[data-colour]")) swatch.onclick = () => choose("background", swatch.dataset.colour);

const calibrate = (pass) => command({ type: "calibrate", pass });
const passOrStop = (pass) => calibrate(status?.calibration?.running === pass ? "stop" : pass);
at("calibrate").onclick = () => passOrStop("neutral");
at("calibrate-range").onclick = () => passOrStop("range");
at("calibrate-reset").onclick = () => calibrate("reset");
addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLElement && event.target.matches("select, input[type=color], input[type=text]");
  if (event.key.toLowerCase() === "c" && !typing && !event.repeat && !event.ctrlKey && !event.metaKey && !event.altKey) calibrate("neutral");
});
at("controls").onsubmit = (event) => event.preventDefault();

function copies(button, link) {
  const label = button.textContent;
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(link());
      button.textContent = "Copied";
    } catch {
      toast("The browser does not let this page copy: select the link and copy it yourself.");
    }
    setTimeout(() => (button.textContent = label), 1500);
  };
}

copies(at("copy-overlay"), () => at("overlay-url").textContent);
copies(at("copy-effects"), () => at("effects-url").textContent);
copies(at("copy-panel"), () => location.href); // holds the token, so it is copied but not shown: the screen may be on air

document.addEventListener("visibilitychange", () => link.subscribe(topics()));
setInterval(() => {
  if (performance.now() - trackedAt < SILENT_MS) return;
  skeleton.clear();
  showFound(null);
}, 500);
at("overlay-url").textContent = `${location.origin}/overlay`;
at("effects-url").textContent = `${location.origin}/overlay/events`;
allow(false);
