// The card of the gestures: how sure each is just now, and teaching a new one. Fields: docs/protocol.md.

import { at } from "./readings.js";

const RUNNING = ["countdown", "recording", "training"];
const HINT = "Give a pose or a movement a name, then show it to the camera three times.";

class Chip {
  constructor(name) {
    this.item = document.createElement("li");
    this.fill = document.createElement("span");
    this.fill.className = "fill";
    const label = document.createElement("span");
    label.textContent = name.replaceAll("_", " ");
    this.item.append(this.fill, label);
  }

  show({ confidence, active, held_s }) {
    this.item.classList.toggle("made", active);
    this.fill.style.width = `${100 * confidence}%`;
    this.item.title = active ? `held for ${held_s.toFixed(1)} s` : `${Math.round(100 * confidence)} %`;
  }
}

export class GesturesCard {
  constructor(command) {
    this.command = command;
    this.chips = new Map();
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
    if (names.join() !== [...this.chips.keys()].join()) {
      this.chips = new Map(names.map((name) => [name, this.chips.get(name) ?? new Chip(name)]));
      at("gesture-bars").replaceChildren(...[...this.chips.values()].map((chip) => chip.item));
    }
    for (const gesture of gestures) this.chips.get(gesture.name).show(gesture);
    at("gestures-empty").hidden = names.length > 0;
    this.showTeaching(teaching);
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
    at("teach-notes").replaceChildren(...notes.map((note) => Object.assign(document.createElement("li"), { textContent: note })));
    if (gestures.join() === this.taught) return;
    this.taught = gestures.join();
    at("taught").replaceChildren(...gestures.map((known) => this.known(known)));
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
