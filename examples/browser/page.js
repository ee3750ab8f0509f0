// The page: takes photos and the camera's pictures, gives them to the worker, shows what it read.

import { squareToQuad } from "./geometry.js";

const MOST_PIXELS = 3000; // of a photo's longer side; more shows no plate that is read otherwise
const CAMERA = { video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false };
const KEPT = 12; // plates of the camera that stay listed
const part = (id) => document.getElementById(id);
const [photo, marks, video, status, list] = ["photo", "marks", "video", "status", "plates"].map(part);

const worker = new Worker("worker.js", { type: "module" });
const waiting = new Map();
let last = 0; // what was given last; whatever is before it is shown no more
let running = null; // the camera's stream

worker.onmessage = ({ data }) => {
  if (data.loaded) status.textContent = `Loading the reader… ${(data.loaded / 1e6).toFixed(0)} MB`;
  if (data.broken) status.textContent = `The reader can't be loaded: ${data.broken}`;
  if (data.ready) {
    document.body.dataset.ready = "true";
    if (!waiting.size) status.textContent = "Ready.";
  }
  waiting.get(data.id)?.(data);
  waiting.delete(data.id);
};
worker.onerror = () => { status.textContent = "This browser can't run the reader."; };

/** Read the picture of a canvas. */
function read(canvas) {
  const { width, height } = canvas, id = ++last;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const pixels = context.getImageData(0, 0, width, height).data.buffer;
  worker.postMessage({ id, width, height, pixels }, [pixels]);
  return new Promise((resolve) => { waiting.set(id, resolve); });
}

function draw(source, width, height) {
  const scale = Math.min(MOST_PIXELS / Math.max(width, height), 1);
  [photo.width, photo.height] = [Math.round(width * scale), Math.round(height * scale)];
  photo.getContext("2d", { willReadFrequently: true })
    .drawImage(source, 0, 0, photo.width, photo.height);
}

/** Say why there is nothing to see, and show nothing of what was there before. */
function refuse(why) {
  [part("stage").hidden, part("result").hidden] = [true, true];
  status.textContent = why;
}

async function readPhoto(file) {
  stopCamera();
  const own = ++last;
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (own !== last) return; // another one was given meanwhile, and was opened sooner
  if (!bitmap) {
    refuse(`${file.name || "That"} is no picture that this browser can open.`
      + " JPEG, PNG and WebP are known to all.");
    return;
  }
  draw(bitmap, bitmap.width, bitmap.height);
  bitmap.close();
  mark([]);
  photo.setAttribute("aria-label", "The photo");
  part("stage").hidden = false;
  part("result").hidden = true;
  if (document.body.dataset.ready) status.textContent = "Reading…";
  const { id, plates, ms, error } = await read(photo);
  if (id !== last) return;
  if (error) {
    status.textContent = `It could not be read: ${error}`;
    return;
  }
  mark(plates);
  show(plates.map((plate) => ({ ...plate, crop: cropOf(plate.quad) })));
  const count = plates.length === 1 ? "1 plate" : `${plates.length || "No"} plates`;
  status.textContent = `${count}, read in ${(ms / 1000).toFixed(1)} s.`;
  photo.setAttribute("aria-label", plates.length
    ? `The photo, with ${count}: ${plates.map(({ text }) => text).join(", ")}`
    : "The photo, without plates");
}

/** Outline plates above the picture: a whole line where the text is taken as read, else dashes. */
function mark(plates) {
  [marks.width, marks.height] = [photo.width, photo.height]; // which clears it
  const context = marks.getContext("2d"), unit = Math.max(marks.width / 400, 1);
  for (const { quad, text, accepted } of plates) {
    const [colour, line] = accepted ? ["#18d98f", []] : ["#ffc247", [4 * unit, 3 * unit]];
    Object.assign(context, { lineWidth: 1.5 * unit, strokeStyle: colour });
    context.setLineDash(line);
    context.beginPath();
    for (let k = 0; k < 8; k += 2) context.lineTo(quad[k], quad[k + 1]);
    context.closePath();
    context.stroke();
    context.font = `bold ${9 * unit}px ui-monospace, monospace`;
    const width = context.measureText(text).width + 4 * unit;
    const x = Math.min(Math.max(quad[0], 0), marks.width - width);
    const y = Math.max(Math.min(quad[1], quad[3]) - 3 * unit, 11 * unit);
    context.fillStyle = colour;
    context.fillRect(x, y - 10 * unit, width, 11 * unit);
    context.fillStyle = "#111";
    context.fillText(text, x + 2 * unit, y - 2 * unit);
  }
}

/** A straightened plate in colour. */
function cropOf(quad) {
  const wide = Math.hypot(quad[2] - quad[0], quad[3] - quad[1]);
  const tall = Math.hypot(quad[6] - quad[0], quad[7] - quad[1]);
  const crop = document.createElement("canvas");
  crop.width = Math.min(Math.max(Math.round(wide), 64), 320);
  crop.height = Math.min(Math.max(Math.round(crop.width * tall / wide), 12), crop.width);
  const from = photo.getContext("2d").getImageData(0, 0, photo.width, photo.height).data;
  const image = new ImageData(crop.width, crop.height), place = squareToQuad(quad);
  const pixels = new Uint32Array(from.buffer), out = new Uint32Array(image.data.buffer);
  for (let k = 0; k < out.length; k++) {
    const [x, y] = place(((k % crop.width) + 0.5) / crop.width * 1.12 - 0.06,
      (Math.floor(k / crop.width) + 0.5) / crop.height * 1.16 - 0.08);
    const column = Math.min(Math.max(Math.floor(x), 0), photo.width - 1);
    const row = Math.min(Math.max(Math.floor(y), 0), photo.height - 1);
    out[k] = pixels[row * photo.width + column];
  }
  crop.getContext("2d").putImageData(image, 0, 0);
  crop.setAttribute("aria-hidden", "true"); // its text stands below
  return crop;
}

function show(plates) {
  part("result").hidden = !plates.length;
  list.replaceChildren(...plates.map(({ text, confidence, accepted, crop }) => {
    const item = document.createElement("li");
    const [said, sure] = ["div", "div"].map((name) => document.createElement(name));
    Object.assign(said, { className: "text", textContent: text });
    Object.assign(sure, { className: "sure",
      textContent: `${(100 * confidence).toFixed(1)} %${accepted ? "" : ", unsure"}` });
    item.append(crop, said, sure);
    item.dataset.text = text;
    return item;
  }));
}

async function startCamera() {
  if (!navigator.mediaDevices) {
    status.textContent = "Browsers give pages a camera over https or on localhost alone.";
    return;
  }
  part("camera").disabled = true; // until it is known whether there is one
  try {
    running = await navigator.mediaDevices.getUserMedia(CAMERA);
  } catch (error) {
    status.textContent = `No camera: ${error.message}`;
    return;
  } finally {
    part("camera").disabled = false;
  }
  const stream = running, seen = new Map();
  for (const track of stream.getTracks()) track.onended = stopCamera; // it was pulled out
  video.srcObject = stream;
  await video.play();
  if (running !== stream) return; // a photo was given before the first picture came
  last++; // a photo that is still being opened or read is not shown over it
  part("camera").setAttribute("aria-pressed", "true");
  part("camera").textContent = "Stop the camera";
  [part("stage").hidden, video.hidden, photo.hidden] = [false, false, true];
  if (document.body.dataset.ready) status.textContent = "Looking for plates…";
  mark([]); // those of a photo that was here before
  show([]);
  while (running === stream) {
    draw(video, video.videoWidth, video.videoHeight);
    const { plates, ms, error } = await read(photo);
    if (running !== stream) break;
    if (error) {
      status.textContent = `It could not be read: ${error}`;
      break;
    }
    mark(plates);
    for (const plate of plates) { // each text once, as it was read best; the newest first
      if (!plate.accepted || seen.get(plate.text)?.confidence >= plate.confidence) continue;
      seen.delete(plate.text);
      seen.set(plate.text, { ...plate, crop: cropOf(plate.quad) });
      show([...seen.values()].reverse().slice(0, KEPT));
      status.textContent = `Read: ${plate.text}`;
    }
    video.dataset.ms = ms.toFixed(0);
    await new Promise(requestAnimationFrame); // none while the page is hidden
  }
}

function stopCamera() {
  if (!running) return;
  running.getTracks().forEach((track) => track.stop());
  running = null;
  part("camera").setAttribute("aria-pressed", "false");
  part("camera").textContent = "Camera";
  [part("stage").hidden, video.hidden, photo.hidden] = [true, true, false];
  status.textContent = "The camera is off.";
}

part("file").onchange = ({ target }) => {
  if (target.files.length) readPhoto(target.files[0]);
  target.value = ""; // so that the same one can be chosen again
};
part("camera").onclick = () => (running ? stopCamera() : startCamera());
part("example").onclick = async () => {
  stopCamera();
  const own = ++last, answer = await fetch("example.jpg").catch(() => null);
  if (own !== last) return;
  if (answer?.ok) readPhoto(await answer.blob());
  else refuse(`The example can't be loaded${answer ? `: ${answer.status}` : ", as there is no connection"}.`);
};
document.onpaste = ({ clipboardData }) => {
  if (clipboardData.files.length) readPhoto(clipboardData.files[0]);
};
document.ondragover = (event) => { event.preventDefault(); document.body.classList.add("over"); };
document.ondragleave = () => document.body.classList.remove("over");
document.ondrop = (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  if (event.dataTransfer.files.length) readPhoto(event.dataTransfer.files[0]);
};
