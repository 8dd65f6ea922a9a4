// The overlay page: newest picture of the avatar, with real transparency, for a browser source.
//
// URL options: ?fit=contain (default) or cover; ?mirror (flips this overlay only).

import { PictureView } from "./picture.js";
import { Link } from "./link.js";

const options = new URLSearchParams(location.search);
const canvas = document.getElementById("avatar");
canvas.classList.toggle("cover", options.get("fit") === "cover");
canvas.classList.toggle("mirror", options.has("mirror") && options.get("mirror") !== "0");

try {
  const view = new PictureView(canvas);
  // Kept for OBS's own inspector and for tests: how many pictures came, were drawn, were replaced before they could be.
  window.posecast = view.counts;
  new Link("/overlay/socket", { topics: ["overlay"], onPicture: (picture) => view.show(picture) });
} catch (error) {
  const fault = document.getElementById("fault");
  fault.textContent = error.message;
  fault.hidden = false;
}
