// Connectionist temporal classification (Graves et al. 2006): from steps to a text. A step's class 0
// is the blank, then come the characters.

/** Logarithms of the probabilities of logits [step * classes + class]. */
export function logProbabilities(logits, classes, temperature) {
  const logs = new Float64Array(logits.length);
  for (let at = 0; at < logits.length; at += classes) {
    let most = -Infinity, sum = 0;
    for (let k = at; k < at + classes; k++) most = Math.max(most, logits[k] / temperature);
    for (let k = at; k < at + classes; k++) sum += Math.exp(logits[k] / temperature - most);
    const whole = most + Math.log(sum);
    for (let k = at; k < at + classes; k++) logs[k] = logits[k] / temperature - whole;
  }
  return logs;
}

/** The classes that the most probable steps spell: repeated ones once, without blanks. */
export function bestPath(logs, classes, longest) {
  const text = [];
  let before = 0;
  for (let at = 0; at < logs.length; at += classes) {
    let best = 0;
    for (let k = 1; k < classes; k++) if (logs[at + k] > logs[at + best]) best = k;
    if (best && best !== before) text.push(best);
    before = best;
  }
  return text.slice(0, longest);
}

/** The probability of a text: of all the ways to say it step by step. */
export function probability(logs, classes, text) {
  // States: blank, character, blank, character, ..., blank.
  const states = [0, ...text.flatMap((k) => [k, 0])];
  let ways = new Float64Array(states.length), scale = 0;
  ways[0] = 1; // before the first step
  for (let at = 0; at < logs.length; at += classes) {
    const next = new Float64Array(states.length);
    let sum = 0;
    for (let s = 0; s < states.length; s++) {
      let come = ways[s] + (s > 0 ? ways[s - 1] : 0);
      if (s > 1 && states[s] && states[s] !== states[s - 2]) come += ways[s - 2];
      next[s] = come * Math.exp(logs[at + states[s]]);
      sum += next[s];
    }
    if (!sum) return 0;
    for (let s = 0; s < states.length; s++) next[s] /= sum; // else it would underflow
    scale += Math.log(sum);
    ways = next;
  }
  const last = states.length - 1;
  return Math.exp(scale) * (ways[last] + (last ? ways[last - 1] : 0));
}
