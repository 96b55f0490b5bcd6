/**
 * One vertex out of the sums of the projection, and the candidates for the next: r −= column, c −= row², then the first of the least
 * r and of the least c. Infinite sums are of vertices that have a place.
 * @param d an even number
 * @param column, row of the vertex in W∘W, transposed, and in W
 * @param noSink, noSource 0, or infinite where a vertex may not be last, or first, yet
 * @param found four float64: the candidates for the end and the front, and their sums
 */
export function takeOut(
  d: i32, r: usize, c: usize, column: usize, row: usize, noSink: usize, noSource: usize, found: usize,
): void {
  let leastOut = f64x2.splat(Infinity);
  let leastIn = leastOut;
  let sink = f64x2.splat(-1);
  let source = sink;
  let vertex = f64x2.replace_lane(f64x2.splat(0), 1, 1);
  const two = f64x2.splat(2);
  const bytes = <usize>d << 3;
  for (let at: usize = 0; at < bytes; at += 16) {
    const w = v128.load(row + at);
    let out = f64x2.sub(v128.load(r + at), v128.load(column + at));
    let into = f64x2.sub(v128.load(c + at), f64x2.mul(w, w));
    v128.store(r + at, out);
    v128.store(c + at, into);
    out = f64x2.add(out, v128.load(noSink + at));
    into = f64x2.add(into, v128.load(noSource + at));
    let less = f64x2.lt(out, leastOut);
    leastOut = v128.bitselect(out, leastOut, less);
    sink = v128.bitselect(vertex, sink, less);
    less = f64x2.lt(into, leastIn);
    leastIn = v128.bitselect(into, leastIn, less);
    source = v128.bitselect(vertex, source, less);
    vertex = f64x2.add(vertex, two);
  }
  first(leastOut, sink, found);
  first(leastIn, source, found + 8);
}

/** The smaller of both lanes, the earlier vertex where they are equal: its vertex, and 16 bytes behind that its value. */
function first(least: v128, vertex: v128, found: usize): void {
  const a = f64x2.extract_lane(least, 0);
  const b = f64x2.extract_lane(least, 1);
  const i = f64x2.extract_lane(vertex, 0);
  const j = f64x2.extract_lane(vertex, 1);
  const left = a < b || (a === b && i < j);
  store<f64>(found, left ? i : j);
  store<f64>(found, left ? a : b, 16);
}
