// Writes status and metrics into the page. Everything goes in as text, never as HTML: names of files and cameras are not ours.

export const at = (id) => document.getElementById(id);

const ONE_FRAME_MS = 1000 / 30;

const shown = (value, digits = 0) => (typeof value === "number" ? value.toFixed(digits) : "–");

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function withNote(target, text, note) {
  target.replaceChildren(document.createTextNode(text), ...(note ? [element("small", note)] : []));
}

export function showMetrics(metrics) {
  at("fps-in").textContent = shown(metrics.fps_in, 1);
  at("fps-out").textContent = shown(metrics.fps_out, 1);
  at("latency-p50").textContent = shown(metrics.latency_ms?.p50);
  at("latency-p95").textContent = shown(metrics.latency_ms?.p95);
  const stages = Object.entries(metrics.stages_ms ?? {});
  const longest = Math.max(ONE_FRAME_MS, ...stages.map(([, { p50 }]) => p50 ?? 0));
  at("stages").replaceChildren(...stages.map(([name, { p50, p95 }]) => {
    const row = document.createElement("div");
    const bar = element("span", "", "bar");
    bar.append(element("span"));
    bar.firstChild.style.width = `${(100 * (p50 ?? 0)) / longest}%`;
    const middle = document.createElement("dd");
    middle.title = `${name}: half of the time below ${shown(p50, 1)} ms, 95 % below ${shown(p95, 1)} ms`;
    middle.append(bar);
    row.append(element("dt", name), middle, element("dd", `${shown(p50, 1)} / ${shown(p95, 1)}`));
    return row;
  }));
  const counts = [
    ["Dropped", shown(metrics.dropped)],
    ["Repeated", shown(metrics.repeated)],
    ["CPU", typeof metrics.cpu_percent === "number" ? `${shown(metrics.cpu_percent)} %` : "–"],
    ["Memory", typeof metrics.rss_mb === "number" ? `${shown(metrics.rss_mb)} MB` : "–"],
  ];
  at("counts").replaceChildren(...counts.map(([name, value]) => {
    const pair = document.createElement("div");
    pair.append(element("dt", name), element("dd", value));
    return pair;
  }));
}

function sourceText(source) {
  if (!source) return ["none", ""];
  const size = source.width_px ? `${source.width_px} × ${source.height_px}` : "";
  const rate = source.fps ? `${Number(source.fps.toFixed(2))} fps` : "";
  return [source.name, [size, rate, source.detail].filter(Boolean).join(", ")];
}

export function showStatus(status) {
  withNote(at("source"), ...sourceText(status.source));
  at("source-name").textContent = status.source?.name ?? "";
  for (const job of ["tracker", "renderer"]) {
    const { name, provider, reason } = status[job];
    withNote(at(job), provider && provider !== name && provider !== "none" ? `${name} on ${provider}` : name, reason);
  }
  at("sinks").replaceChildren(...status.sinks.map((sink) => {
    const item = element("li", "", sink.running ? "" : "idle");
    withNote(item, sink.name, sink.detail);
    return item;
  }));
  at("overlay-url").textContent = status.urls.overlay;
  at("effects-url").textContent = status.urls.effects;
}

const REST_TEXT = "Sit straight, look into the camera, face at rest.";

export function showCalibration({ profile, detail, running, state, progress, text }) {
  at("calibration-detail").textContent = `${profile}: ${detail}`;
  at("calibrate-reset").hidden = detail === "not calibrated";
  at("calibrate").firstChild.textContent = running === "neutral" ? "Stop " : "Calibrate ";
  at("calibrate-range").textContent = running === "range" ? "Stop" : "Measure my range";
  at("calibration-progress").hidden = !running;
  at("calibration-progress").value = progress;
  at("calibration-text").textContent = text || REST_TEXT;
  at("calibration-text").dataset.state = state;
}

export function showFound(tracking) {
  let any = false;
  for (const part of ["body", "left_hand", "right_hand", "face"]) {
    const found = tracking?.[part] != null;
    any ||= found;
    at(`lamp-${part}`).classList.toggle("found", found);
  }
  at("skeleton-empty").hidden = any;
  at("skeleton-empty").textContent = tracking ? "Nobody in the picture" : "Waiting for the tracker";
}

const STATES = { connecting: "Connecting", starting: "Starting", running: "Live", lost: "Source lost", stopping: "Stopping" };

export function showState(state, words = STATES[state] ?? state) {
  at("state").dataset.state = state;
  at("state").textContent = words;
}

export function showBanner(text) {
  at("banner").hidden = !text;
  at("banner").textContent = text;
}

let toastTimer = 0;

export function toast(text) {
  at("toast").textContent = text;
  at("toast").classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => at("toast").classList.remove("shown"), Math.max(3500, 60 * text.length)); // time to read it
}
