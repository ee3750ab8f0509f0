// Reads apart from the page, which stays quick meanwhile.

import { Model, startRuntime } from "./model.js";
import { greyOf } from "./picture.js";
import { isAccepted, Reader } from "./reader.js";

const ready = (async () => {
  let loaded = 0;
  const progress = (bytes) => postMessage({ loaded: loaded += bytes });
  await startRuntime("./ort/ort-wasm-simd-threaded.wasm.gz", progress);
  const models = ["scan", "reading"].map((name) => Model.load(`./models/${name}.onnx`, progress));
  return new Reader(...await Promise.all(models));
})();
ready.then(() => postMessage({ ready: true }), (error) => postMessage({ broken: error.message }));

// A picture's {id, width, height, pixels (RGBA)} in, its {id, plates, ms} or {id, error} out.
onmessage = async ({ data: { id, width, height, pixels } }) => {
  try {
    const reader = await ready, start = performance.now();
    const plates = await reader.read(greyOf({ width, height, data: new Uint8ClampedArray(pixels) }));
    const told = plates.map((plate) => ({ ...plate, accepted: isAccepted(plate) }));
    postMessage({ id, plates: told, ms: performance.now() - start });
  } catch (error) {
    postMessage({ id, error: error.message });
  }
};
