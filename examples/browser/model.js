// An exported ONNX file: its networks, and what it tells of them (its metadata).

import * as ort from "./ort/ort.wasm.bundle.min.mjs";

/** Fetch a file whole; one that is packed by gzip is unpacked, whoever does it. */
async function bytesOf(url, progress) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${answer.statusText}`);
  const parts = [];
  for (const body = answer.body.getReader(); ;) {
    const { done, value } = await body.read();
    if (done) break;
    parts.push(value);
    progress(value.length);
  }
  let bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  }
  return bytes;
}

/** The metadata of an ONNX file: field 14 of ModelProto (onnx.proto), pairs of a key and a value. */
export function toldIn(bytes) {
  const told = {};
  for (const [field, entry] of fieldsOf(bytes)) {
    if (field !== 14) continue;
    const pair = Object.fromEntries(fieldsOf(entry));
    const [key, value] = [pair[1], pair[2]].map((text) => new TextDecoder().decode(text));
    told[key] = key.includes(".") ? JSON.parse(value) : value;
  }
  return told;
}

/** Protocol Buffers' fields of a message: number and bytes of those that have a length. */
function* fieldsOf(bytes) {
  let at = 0;
  const number = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = number(), kind = tag & 7;
    if (kind === 2) {
      const length = number();
      yield [tag >>> 3, bytes.subarray(at, at + length)];
      at += length;
    } else if (kind === 0) number();
    else at += kind === 5 ? 4 : 8;
  }
}

/** Start ONNX Runtime from its packed file: a server need not know how to pack. */
export async function startRuntime(url, progress) {
  ort.env.wasm.numThreads = 1; // more need headers that plain servers do not send
  ort.env.wasm.wasmBinary = await bytesOf(url, progress);
}

export class Model {
  static async load(url, progress) {
    const bytes = await bytesOf(url, progress);
    const model = new Model();
    model.told = toldIn(bytes);
    model.session = await ort.InferenceSession.create(bytes);
    return model;
  }

  /** Run what has an input: values and shape in, values and shapes by name out. */
  async run(input, values, shape, outputs) {
    const given = {};
    for (const { name, shape: other } of this.session.inputMetadata) {
      // What the file has besides is given no picture, and computes nothing.
      given[name] = name === input ? new ort.Tensor("float32", values, shape)
        : new ort.Tensor("float32", new Float32Array(0), [0, ...other.slice(1)]);
    }
    return this.session.run(given, outputs);
  }
}
