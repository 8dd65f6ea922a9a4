// The card of the gestures: how sure each is just now, and teaching a new one. Fields: docs/protocol.md.

import { at } from "./readings.js";

const RUNNING = ["countdown", "recording", "training"];
const RECENT_MS = 10_000; // for so long a gesture that was made stays in sight
const SIDES = /^(left|right)_|_(left|right)$/;
const HINT = "Give a pose or a movement a name, then show it to the camera three times.";

class Chip {
  constructor(name) {
    this.item = document.createElement("li");
    this.fill = document.createElement("span");
    this.fill.className = "fill";
    const label = document.createElement("span");
    label.textContent = name.replaceAll("_", " ");
    this.item.append(this.fill, label);
    this.madeAt = -Infinity;
  }

  show({ confidence, active, held_s }) {
    if (active) this.madeAt = performance.now();
    this.item.classList.toggle("made", active);
    this.fill.style.width = `${100 * confidence}%`;
    this.item.title = active ? `held for ${held_s.toFixed(1)} s` : `${Math.round(100 * confidence)} %`;
  }
}

function lay(list, entries) {
  const items = entries.map(([, { item }]) => item);
  if (items.length !== list.children.length || items.some((item, index) => item !== list.children[index])) list.replaceChildren(...items);
}

export class GesturesCard {
  constructor(command) {
    this.command = command;
    this.chips = new Map();
    this.named = new Set();
    this.taught = "";
    this.may = false;
    this.running = false;
    at("teach").onsubmit = (event) => {
      event.preventDefault();
      const name = at("teach-name").value.trim().toLowerCase().replaceAll(/[\s-]+/g, "_");
      if (this.running) command({ type: "gesture", what: "stop" });
      else if (name) command({ type: "gesture", what: "record", name });
      else at("teach-name").focus();
    };
    at("teach-train").onclick = () => command({ type: "gesture", what: "train" });
  }

  allow(may) {
    this.may = may;
    for (const control of at("gestures").querySelectorAll("button, input")) control.disabled = !may;
  }

  show({ gestures, teaching }) {
    const names = gestures.map(({ name }) => name);
    const before = [...this.chips.keys()].join();
    if (names.join() !== before) this.chips = new Map(names.map((name) => [name, this.chips.get(name) ?? new Chip(name)]));
    for (const gesture of gestures) this.chips.get(gesture.name).show(gesture);
    this.sort(teaching.gestures);
    at("gestures-empty").hidden = names.length > 0;
    this.showTeaching(teaching);
  }

  // The rules' own words name gestures, or both sides of one: `fist`.
  name(rules) {
    this.named = new Set(rules.flatMap(({ when }) => when.match(/[a-z_0-9]+/g) ?? []));
  }

  // What matters now stands in sight, everything else is folded away.
  sort(taught) {
    const recent = performance.now() - RECENT_MS;
    const matters = ([name, { madeAt }]) =>
      madeAt > recent || this.named.has(name) || this.named.has(name.replace(SIDES, "")) || taught.includes(name);
    const all = [...this.chips];
    lay(at("gesture-bars"), all.filter(matters));
    lay(at("gesture-others"), all.filter((entry) => !matters(entry)));
    at("gestures-none").hidden = all.length === 0 || all.some(matters);
    at("gestures-others").hidden = all.every(matters);
    at("gestures-all").textContent = `All gestures (${all.length})`;
  }

  showTeaching({ state, name, take, takes, share, left_s, seen, text, notes, gestures }) {
    this.running = RUNNING.includes(state);
    const counts = state === "countdown" || state === "recording";
    at("teach-record").textContent = this.running ? "Stop" : "Teach";
    at("teach-train").hidden = this.running || gestures.length === 0;
    at("teach").dataset.state = state;
    at("teach-progress").hidden = !counts;
    at("teach-progress").value = share;
    at("teach-count").hidden = !counts;
    at("teach-count").textContent = Math.ceil(left_s);
    at("teach-take").textContent = counts ? `${name}, take ${take} of ${takes}` : "";
    at("teach-seen").textContent = counts ? `Seen: ${seen.map((part) => part.replace("_", " ")).join(", ") || "nothing"}` : "";
    at("teach-text").textContent = text || HINT;
    this.showNotes(notes);
    if (gestures.join() === this.taught) return;
    this.taught = gestures.join();
    at("taught").replaceChildren(...gestures.map((known) => this.known(known)));
  }

  // The first matters most, and is said aloud.
  showNotes([first = "", ...more]) {
    at("teach-first").textContent = first;
    at("teach-more").hidden = more.length === 0;
    at("teach-more-count").textContent = `${more.length} more`;
    at("teach-notes").replaceChildren(...more.map((note) => Object.assign(document.createElement("li"), { textContent: note })));
  }

  known(name) {
    const item = document.createElement("li");
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "×";
    remove.disabled = !this.may;
    remove.setAttribute("aria-label", `Forget ${name}`);
    remove.onclick = () => {
      if (confirm(`Forget the gesture ${name} and its takes?`)) this.command({ type: "gesture", what: "remove", name });
    };
    item.append(name, remove);
    return item;
  }
}
