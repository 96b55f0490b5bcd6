/** Graphs as text and as a picture. */
import { scalar } from '@assay-ml/numerics';
import { requireList } from '@assay-ml/numerics/check';
import { faulty, sized } from './check.js';
import { topologicalOrder } from './graph.js';

/** An edge with its weight. */
export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
  /** Whether the direction is known; false where the data leave it open, and the weight is that of one of both. */
  readonly directed: boolean;
}

/**
 * The edges of W, row by row.
 * @param pattern [d, d], 1 at (i, j) and (j, i) for an edge whose direction is open, as `fit` and `cpdag` have it; default none is
 * @throws TypeError for arguments of another kind; RangeError for a matrix that is not [d, d]
 */
export function edgesOf(W: Float64Array, d: number, pattern?: Uint8Array): Edge[] {
  sized('edgesOf', 'W', W, d);
  return Array.from(W, (weight, at) => {
    const [from, to] = [Math.floor(at / d), at % d];
    return { from, to, weight, directed: pattern === undefined || pattern[to * d + from] === 0 };
  }).filter(({ weight }) => weight !== 0);
}

const quoted = (name: string) => `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
// XML has no place for control characters.
const escaped = (name: string) =>
  name
    .replace(/[^\P{Cc}\t\n\r]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
const rounded = (weight: number) =>
  weight
    .toPrecision(3)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');

/**
 * Graphviz. Edges whose direction is open have no arrow head, and no weight, as that depends on the direction.
 * @param names of the variables
 * @param pattern as in {@link edgesOf}
 * @throws TypeError for arguments of another kind; RangeError for a matrix that is not [d, d]
 */
export function toDot(W: Float64Array, names: readonly string[], pattern?: Uint8Array): string {
  requireList('toDot', 'names', names, 'Name the variables.');
  sized('toDot', 'W', W, names.length);
  const lines = edgesOf(W, names.length, pattern).map(
    ({ from, to, weight, directed }) =>
      `  ${quoted(names[from]!)} -> ${quoted(names[to]!)} [${directed ? `label="${rounded(weight)}"` : 'dir=none'}];`,
  );
  return ['digraph {', ...names.map((name) => `  ${quoted(name)};`), ...lines, '}', ''].join('\n');
}

/**
 * Mermaid. Edges whose direction is open are lines without a weight.
 * @param names of the variables
 * @param pattern as in {@link edgesOf}
 * @throws TypeError for arguments of another kind; RangeError for a matrix that is not [d, d]
 */
export function toMermaid(W: Float64Array, names: readonly string[], pattern?: Uint8Array): string {
  requireList('toMermaid', 'names', names, 'Name the variables.');
  sized('toMermaid', 'W', W, names.length);
  const label = (name: string) => `"${name.replaceAll('"', '#quot;')}"`;
  const lines = edgesOf(W, names.length, pattern).map(({ from, to, weight, directed }) =>
    directed ? `  v${from} -->|${rounded(weight)}| v${to}` : `  v${from} --- v${to}`,
  );
  return ['graph TD', ...names.map((name, v) => `  v${v}[${label(name)}]`), ...lines, ''].join('\n');
}

/**
 * GraphML (graphml.graphdrawing.org), which igraph, Gephi, yEd and NetworkX read. Vertices have the ids v0, v1, … and the
 * attribute `name`; edges have `weight`, all digits of it, and `directed="false"` where their direction is open.
 * @param names of the variables
 * @param pattern as in {@link edgesOf}
 * @throws TypeError for arguments of another kind; RangeError for a matrix that is not [d, d]
 */
export function toGraphMl(W: Float64Array, names: readonly string[], pattern?: Uint8Array): string {
  requireList('toGraphMl', 'names', names, 'Name the variables.');
  sized('toGraphMl', 'W', W, names.length);
  const nodes = names.map((name, v) => `    <node id="v${v}"><data key="name">${escaped(name)}</data></node>`);
  const edges = edgesOf(W, names.length, pattern).map(
    ({ from, to, weight, directed }) =>
      `    <edge source="v${from}" target="v${to}"${directed ? '' : ' directed="false"'}><data key="weight">${weight}</data></edge>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    '  <key id="name" for="node" attr.name="name" attr.type="string"/>',
    '  <key id="weight" for="edge" attr.name="weight" attr.type="double"/>',
    '  <graph edgedefault="directed">',
    ...nodes,
    ...edges,
    '  </graph>',
    '</graphml>',
    '',
  ].join('\n');
}

/**
 * Node-link JSON as NetworkX reads it: `networkx.node_link_graph(json.load(file), edges='edges')`, where versions from 3.6 on need
 * no second argument. Nodes have their names as ids; edges have `weight`, and `directed: false` where their direction is open.
 * @param names of the variables
 * @param pattern as in {@link edgesOf}
 * @throws TypeError for arguments of another kind; RangeError for two variables of one name, which would become one node
 */
export function toNodeLink(W: Float64Array, names: readonly string[], pattern?: Uint8Array): string {
  requireList('toNodeLink', 'names', names, 'Name the variables.');
  sized('toNodeLink', 'W', W, names.length);
  const twice = names.find((name, v) => names.indexOf(name) !== v);
  if (twice !== undefined) throw faulty('toNodeLink', 'names', `'${twice}' twice`, 'different names', 'Rename one.');
  const edges = edgesOf(W, names.length, pattern).map(({ from, to, weight, directed }) => ({
    source: names[from],
    target: names[to],
    weight,
    ...(directed ? {} : { directed }),
  }));
  const nodes = names.map((id) => ({ id }));
  return `${JSON.stringify({ directed: true, multigraph: false, graph: {}, nodes, edges }, null, 2)}\n`;
}

const SIZE = { across: 120, down: 90, radius: 22, margin: 60 };

/**
 * A picture as SVG: each vertex below all its parents, lines as thick as weights, negative ones dashed and red; edges whose direction
 * is open are grey, without arrow head.
 * @param names of the variables
 * @param pattern as in {@link edgesOf}
 * @throws TypeError for arguments of another kind; RangeError if there is a cycle
 */
export function toSvg(W: Float64Array, names: readonly string[], title = 'Learnt graph', pattern?: Uint8Array): string {
  requireList('toSvg', 'names', names, 'Name the variables.');
  sized('toSvg', 'W', W, names.length);
  const d = names.length;
  const order = topologicalOrder(W, d);
  if (order === null) throw faulty('toSvg', 'W', 'a graph with a cycle', 'a DAG', 'repair() makes one.');
  const edges = edgesOf(W, d, pattern);
  const layer = new Uint32Array(d);
  for (const v of order)
    for (const { from, to } of edges) if (from === v) layer[to] = Math.max(layer[to]!, layer[v]! + 1);
  const rows: number[][] = [];
  for (const v of order) (rows[layer[v]!] ??= []).push(v);
  const widest = Math.max(1, ...rows.map((row) => row.length));
  const x = new Float64Array(d);
  rows.forEach((row, r) => {
    // Near the mean of the parents, then spread evenly; every second row half a place aside.
    const wanted = (v: number) => {
      const parents = edges.filter(({ to }) => to === v).map(({ from }) => x[from]!);
      return parents.length === 0 ? 0 : parents.reduce((sum, value) => sum + value, 0) / parents.length;
    };
    row.sort((a, b) => wanted(a) - wanted(b) || a - b);
    row.forEach((v, k) => {
      x[v] = SIZE.margin + SIZE.across * ((widest - row.length) / 2 + k + (r % 2) * 0.35);
    });
  });
  const y = (v: number) => SIZE.margin + SIZE.down * layer[v]!;
  const width = 2 * SIZE.margin + SIZE.across * (widest - 0.65);
  const height = 2 * SIZE.margin + SIZE.down * (rows.length - 1);
  const most = Math.max(...edges.map(({ weight }) => Math.abs(weight)));
  const lines = edges.map(({ from, to, weight, directed }) => {
    const [dx, dy] = [x[to]! - x[from]!, y(to) - y(from)];
    const length = scalar.hypot(dx, dy);
    const [ux, uy] = [(SIZE.radius * dx) / length, (SIZE.radius * dy) / length];
    const style = weight < 0 ? 'stroke="#b42318" stroke-dasharray="5 3"' : 'stroke="#175cd3"';
    const points = [x[from]! + ux, y(from) + uy, x[to]! - 1.3 * ux, y(to) - 1.3 * uy].map((v) => v.toFixed(1));
    const where = `x1="${points[0]}" y1="${points[1]}" x2="${points[2]}" y2="${points[3]}"`;
    if (!directed) {
      return `<line ${where} stroke="#667085" stroke-width="1.5"><title>${escaped(names[from]!)} — ${escaped(names[to]!)}</title></line>`;
    }
    return `<line ${where} ${style} stroke-width="${(1 + (2.5 * Math.abs(weight)) / most).toFixed(2)}" marker-end="url(#tip)"><title>${escaped(names[from]!)} → ${escaped(names[to]!)}: ${rounded(weight)}</title></line>`; // prettier-ignore
  });
  const circles = names.map(
    (name, v) =>
      `<circle cx="${x[v]!.toFixed(1)}" cy="${y(v)}" r="${SIZE.radius}" fill="#fff" stroke="#344054"/><text x="${x[v]!.toFixed(1)}" y="${y(v) + 4}" text-anchor="middle">${escaped(name)}</text>`, // prettier-ignore
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height.toFixed(0)}" width="${width.toFixed(0)}" height="${height.toFixed(0)}" font-family="sans-serif" font-size="12" role="img">`, // prettier-ignore
    `<title>${escaped(title)}</title>`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="#344054"/></marker></defs>', // prettier-ignore
    ...lines,
    ...circles,
    '</svg>',
    '',
  ].join('\n');
}
