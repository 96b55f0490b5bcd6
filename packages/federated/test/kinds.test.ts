import { describe, expect, it } from 'vitest';
import * as federated from '../src/index.js';

const x = () => Float64Array.of(1, 2);

/** Each function with what stands in for one of its arguments. */
const calls: readonly [name: string, option: string, call: (value: never) => unknown][] = [
  ['bytes', 'ledger', (v) => federated.bytes(v)],
  ['chargeRound', 'ledger', (v) => federated.chargeRound(v, 1, 1, 1, 1)],
  ['evaluation', 'values', (v) => federated.evaluation(v, [1])],
  ['evaluation', 'sizes', (v) => federated.evaluation([1], v)],
  ['serverStep', 'x', (v) => federated.serverStep(v, x(), federated.startServer(2))],
  ['serverStep', 'mean', (v) => federated.serverStep(x(), v, federated.startServer(2))],
  ['serverStep', 'state', (v) => federated.serverStep(x(), x(), v)],
];

describe('what is of another kind is refused by name', () => {
  it.each(calls)("%s: '%s'", (name, option, call) => {
    for (const [told, value] of [['undefined', undefined], ['null', null], ['3', 3], ["'x'", 'x'], ['an object', {}]] as const) {
      expect(() => call(value as never)).toThrow(TypeError);
      expect(() => call(value as never)).toThrow(new RegExp(`^${name}: '${option}' is ${told}; must be an (array|object with [\\w, ]+)\\. \\S`));
    }
  }); // prettier-ignore

  it.each([undefined, null, 3, {}])('folderStore: %j', (folder) => {
    expect(() => federated.folderStore(folder as never)).toThrow(/^folderStore: 'folder' is .+; must be a text\. Name a/);
  });

  it.each([undefined, null, 3, 'x'])('traffic: %j', (value) => {
    expect(() => federated.emptyTraffic(value as never)).toThrow(/^emptyTraffic: 'groups' is .+; must be an object\. Say/);
    expect(() => federated.chargeTraffic(value as never, 'a', 1, 1, 1)).toThrow(/^chargeTraffic: 'traffic' is .+; must be/);
    expect(() => federated.trafficBytes(value as never)).toThrow(/^trafficBytes: 'traffic' is .+; must be an object\. empty/);
  }); // prettier-ignore

  it('bytes of what has no dtype are not NaN', () => {
    expect(() => federated.trafficBytes({ a: {} } as never)).toThrow("trafficBytes: 'a' is undefined; must be 'float64'");
  });

  it.each([undefined, NaN, Infinity, Symbol('s'), 1n, new Map(), new Float64Array(1), () => 1])(
    'loadState of what no JSON holds: %s',
    (value) => {
      expect(() => federated.loadState(value as never)).toThrow(TypeError);
      expect(() => federated.loadState([{ a: value }] as never)).toThrow(/^loadState: a value is .+; must be JSON\. Give/);
    },
  );
  it.each(['x', 3, null, true, [], {}])('loadState of the state %j', (value) => {
    expect(federated.loadState(value)).toEqual(value);
    expect(federated.saveState(value)).toEqual(value);
  });

  it.each(['x', -1, NaN, null])('startServer of %j numbers', (size) => {
    expect(() => federated.startServer(size as never)).toThrow(/^startServer: 'size' is .+; must be an integer of at l/);
  });
}); // prettier-ignore
