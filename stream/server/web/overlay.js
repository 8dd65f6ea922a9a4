// The overlay page: newest picture of the avatar, with real transparency, for a browser source.
//
// URL options: ?fit=contain (default) or cover; ?mirror (flips this overlay only).

import { PictureView } from "./picture.js";
import { Link } from "./link.js";

const options = new URLSearchParams(location.search);
const canvas = document.getElementById("avatar");
canvas.classList.toggle("cover", options.get("fit") === "cover");
canvas.classList.toggle("mirror", options.has("mirror") && options.get("mirror") !== "0");

const view = new PictureView(canvas, (count) => link.seen("overlay", count));
const link = new Link("/overlay/socket", { topics: ["overlay"], onPicture: (picture) => view.show(picture) });

// For OBS's own inspector and for tests: how many pictures came, were drawn, were replaced before they could be, and by what.
window.posecast = view.counts;
