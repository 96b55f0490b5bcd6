import { loadState, memoryStore, saveState, trafficBytes, type State } from '@assay-ml/federated';
import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';
import { alternating, type ClientData, type ClientState, clientUpdate, ditto, emptyMixture, ensemble, fedAvg, fedEm, type Federation, fedProx, fineTune, floralMethod, ifca, localAdaptor, localOnly, type Method, mix, mlp, optimal, personalOutputs, privateModules, type Problem, route, routerOf, type Run, softmax, startClient, startShared, train, type TrainOptions, trainingOf } from '../src/index.js'; // prettier-ignore
import { apart } from './reference.js';

const K = 6;
const problem = (clusters: number): Problem => ({
  model: mlp([3, 5, 2], { clusters, rank: 1 }),
  loss: 'cross-entropy',
});

/** Points in the plane, their two labels exchanged for clients of odd number. */
function federation(N = 12): Federation {
  const of = (kind: string) =>
    Array.from({ length: K }, (_, k): ClientData => {
      const x = stream(5, kind)
        .at(k)
        .fillNormal(new Float64Array(3 * N));
      const y = Array.from({ length: N }, (_, i) => (x[3 * i]! + 0.3 * x[3 * i + 1]! > 0 ? 1 : 0) ^ (k % 2));
      return { x, y };
    });
  return { clients: of('train'), tests: of('test'), truth: Array.from({ length: K }, (_, k) => k % 2) };
}

const base = { rounds: 12, training: { rate: 0.3, routerRate: 1, batch: 4 }, seed: 3, drawn: 'in' } as const;
const run = (
  method: Method,
  options: Partial<TrainOptions> = {},
  clusters = method.family === 'ensemble' ? 0 : method.clusters,
) =>
  // prettier-ignore
  train(problem(clusters), federation(), { ...base, method, ...options });

describe('what FLoRAL must be', () => {
  it('FedAvg where adaptors are zeros that stay', () => {
    const training = { ...base.training, adaptorRate: 0 };
    const [floral, avg] = [run(floralMethod(2), { training }), run(fedAvg(), { training })];
    expect(floral.run.shared.base).toEqual(avg.run.shared.base);
    expect(floral.run.reports[0]!.accuracy).toEqual(avg.run.reports[0]!.accuracy);
  });

  it('FedAvg of each cluster for an ensemble of one-hot routers', () => {
    const { run: both } = run(ensemble(2, 'given'), { theta: (k) => optimal(k % 2, 2) });
    const whole = federation();
    const P = both.shared.base.length / 2;
    for (const c of [0, 1]) {
      // The same clients with the same numbers; the others have no say since none of them is in the cohort's sums.
      const alone = train(problem(0), whole, {
        ...base,
        method: ensemble(2, 'given'),
        theta: (k) => optimal(k % 2, 2),
      });
      expect(alone.run.shared.base.subarray(c * P, (c + 1) * P)).toEqual(both.shared.base.subarray(c * P, (c + 1) * P));
    }
    // Against FedAvg from the first model, on clients 0, 2, 4 alone, by hand.
    const p = problem(0);
    let shared = { base: p.model.start(3, 0), adaptors: new Float64Array(0) };
    for (let r = 0; r < base.rounds; r++) {
      const round = { problem: p, method: fedAvg(), training: trainingOf(base.training), router: routerOf({}, 1), seed: 3, round: r }; // prettier-ignore
      const sum = new Float64Array(P);
      for (const k of [0, 2, 4]) {
        const { update } = clientUpdate(round, k, shared, whole.clients[k]!, startClient(round, shared));
        update.base.forEach((w, i) => (sum[i]! += w / 3));
      }
      shared = { ...shared, base: sum };
    }
    expect(apart(both.shared.base.subarray(0, P), shared.base)).toBeLessThan(1e-10);
  });

  it('sorts the clients, and personal models are right where FedAvg cannot be', () => {
    const long = { rounds: 120 };
    const [floral, avg, best] = [run(floralMethod(2), long), run(fedAvg(), long), run(floralMethod(2, 'given'), { ...long, theta: (k) => optimal(k % 2, 2) })]; // prettier-ignore
    const accuracy = (r: typeof floral) => r.run.reports[0]!.accuracy!.mean;
    expect(floral.run.reports[0]!.purity).toBe(1);
    expect(accuracy(floral)).toBeGreaterThan(accuracy(avg) + 0.2);
    expect(accuracy(best)).toBeGreaterThan(0.8);
  });
});

describe('privacy of routers', () => {
  it('what is sent has no θ in it, and the same update comes of another constant in θ', () => {
    const p = problem(2);
    const round = { problem: p, method: floralMethod(2), training: trainingOf(base.training), router: routerOf({ noise: 0 }, 2), seed: 1, round: 0 }; // prettier-ignore
    const shared = startShared(p, round.method, 1);
    const state = startClient(round, shared, Float64Array.of(0.25, -0.5));
    const [one, other] = [state, { ...state, theta: state.theta.map((t) => t + 64) }].map((s) => clientUpdate(round, 0, shared, federation().clients[0]!, s)); // prettier-ignore
    expect(Object.keys(one!.update).sort()).toEqual(['adaptors', 'base', 'client', 'examples', 'pi']);
    expect(apart(other!.update.adaptors, one!.update.adaptors)).toBeLessThan(1e-9);
    expect(one!.state.theta[0]! - one!.state.theta[1]!).not.toBe(0.75);
  });

  it('what is private is not in what is sent, either: the server gets back what it sent', () => {
    const p = problem(0);
    const round = { problem: p, method: privateModules(['dense1/kernel']), training: trainingOf(base.training), router: routerOf({}, 1), seed: 1, round: 0 }; // prettier-ignore
    const shared = startShared(p, round.method, 1);
    const { update, state } = clientUpdate(round, 0, shared, federation().clients[0]!, startClient(round, shared));
    const { start, size } = p.model.layout.base.find(({ name }) => name === 'dense1/kernel')!;
    const of = (x: Float64Array) => x.slice(start, start + size);
    expect(of(update.base)).toEqual(of(shared.base));
    expect(of(state.base)).not.toEqual(of(shared.base));
    expect(update.base.slice(0, start)).not.toEqual(shared.base.slice(0, start));
  });

  it('averages know neither noise nor clamp, and evaluation no noise', () => {
    const p = problem(2);
    const round = { problem: p, method: floralMethod(2), training: trainingOf({ ...base.training, routerRate: 0 }), router: routerOf({ clamp: 0.2 }, 2), seed: 1, round: 0 }; // prettier-ignore
    const shared = startShared(p, round.method, 1, 'in');
    const data = federation().clients[0]!;
    const { update, state } = clientUpdate(round, 0, shared, data, startClient(round, shared, Float64Array.of(3, 0)));
    expect(update.pi).toEqual(softmax([3, 0], new Float64Array(2)));
    const rows = Uint32Array.of(0, 1, 2);
    const trained = { base: update.base, adaptors: update.adaptors };
    const { pi } = mix(state.theta, round.router, null, emptyMixture(2));
    const wanted = p.model.forward(1, { ...trained, pi }, data.x, rows).slice();
    expect(pi[1]).toBeGreaterThan(0.15);
    expect(personalOutputs(round, trained, state.theta, data.x, rows)).toEqual(wanted);
  });

  it('traffic counts the base, the adaptors and C weights, and nothing of a router', () => {
    const { traffic } = run(floralMethod(2), { rounds: 3 }).run;
    const { baseSize, adaptorSize } = problem(2).model.layout;
    expect(trafficBytes(traffic)).toEqual({
      base: { up: 8 * 3 * K * baseSize, down: 8 * 3 * K * baseSize },
      adaptors: { up: 8 * 3 * K * adaptorSize, down: 8 * 3 * K * adaptorSize },
      weights: { up: 8 * 3 * K * 2, down: 0 },
    });
    expect(trafficBytes(run(localAdaptor(), { rounds: 1 }).run.traffic)['adaptors']).toEqual({ up: 0, down: 0 });
    expect(trafficBytes(run(localOnly(), { rounds: 1 }).run.traffic)['base']).toEqual({ up: 0, down: 0 });
  });
});

describe('a run that is stopped', () => {
  it.each([floralMethod(2), ensemble(2), localAdaptor(), ditto(), localOnly(), floralMethod(2, 'losses')])(
    'goes on with the same bits: $name',
    (method) => {
      // prettier-ignore
      const options = { participation: { cohort: 4 }, dropout: 0.2, training: { ...base.training, optimizer: 'adam', keepMoments: true, rate: 0.01 }, server: { optimizer: 'adam', rate: 0.05 } } as const; // prettier-ignore
      const whole = run(method, options);
      const half = run(method, { ...options, rounds: 5 });
      const copy = loadState(JSON.parse(JSON.stringify(saveState({ run: half.run, states: half.store.clients().map((k) => [k, half.store.get(k)] as State) } as State))) as never) as unknown as { run: Run; states: [number, ClientState][] }; // prettier-ignore
      const store = memoryStore<ClientState>();
      for (const [k, state] of copy.states) store.put(k, state);
      copy.run.reports.length = 0;
      const again = train(problem(method.family === 'ensemble' ? 0 : method.clusters), federation(), { ...base, method, ...options, store }, copy.run); // prettier-ignore
      expect(again.run).toEqual(whole.run);
      expect(again.store.clients().map((k) => again.store.get(k))).toEqual(whole.store.clients().map((k) => whole.store.get(k))); // prettier-ignore
    },
  );
});

describe('baselines', () => {
  it('Local Adaptor keeps its adaptor and shares its base', () => {
    const { run: done, store } = run(localAdaptor());
    expect(done.shared.adaptors).toEqual(startShared(problem(1), localAdaptor(), 3, 'in').adaptors);
    expect(store.get(0)!.adaptors).not.toEqual(store.get(1)!.adaptors);
    expect(done.shared.base).not.toEqual(problem(1).model.start(3));
  });
  it('Local shares nothing', () => {
    const { run: done, store } = run(localOnly());
    expect(done.shared.base).toEqual(problem(0).model.start(3));
    expect(store.get(0)!.base).not.toEqual(store.get(1)!.base);
  });
  it('private modules keep the named variables alone', () => {
    const { run: done, store } = run(privateModules(['dense1/kernel']));
    const { layout } = problem(0).model;
    const kernel = layout.base.find(({ name }) => name === 'dense1/kernel')!;
    const of = (x: Float64Array) => x.slice(kernel.start, kernel.start + kernel.size);
    expect(of(done.shared.base)).toEqual(of(problem(0).model.start(3)));
    expect(done.shared.base.slice(0, kernel.start)).not.toEqual(problem(0).model.start(3).slice(0, kernel.start));
    expect(of(store.get(0)!.base)).not.toEqual(of(store.get(1)!.base));
    expect(() => run(privateModules(['head']))).toThrow("train: 'privateBase' is 'head'; must be 'dense0/kernel' or");
  });
  it('FedProx stays nearer to what was sent, the nearer the larger λ', () => {
    const moved = (method: Method) => {
      const start = problem(0).model.start(3);
      return Math.hypot(...run(method, { rounds: 1, training: { ...base.training, epochs: 10 } }).run.shared.base.map((w, i) => w - start[i]!)); // prettier-ignore
    };
    expect(moved(fedProx(1))).toBeLessThan(moved(fedAvg()));
    expect(moved(fedProx(3))).toBeLessThan(moved(fedProx(1)));
  });
  it('Ditto shares what FedAvg does and fares with its own model', () => {
    const [own, avg] = [run(ditto(0.1)), run(fedAvg())];
    expect(own.run.shared.base).toEqual(avg.run.shared.base);
    expect(own.run.reports[0]!.accuracy!.mean).toBeGreaterThan(avg.run.reports[0]!.accuracy!.mean);
  });
  it('IFCA is hard: each θ has one 0', () => {
    const { store } = run(ifca(2));
    for (const k of store.clients()) expect([...store.get(k)!.theta].sort((a, b) => a - b)).toEqual([-100, 0]);
  });
  it('FedEM learns, and its weights are probabilities that pass the bound of the authors’ code', () => {
    const { run: done, store } = run(fedEm(2), { rounds: 60 });
    const largest = store.clients().map((k) => Math.max(...softmax(store.get(k)!.theta, new Float64Array(2))));
    expect(Math.max(...largest)).toBeGreaterThan(Math.E / (Math.E + 1));
    expect(done.reports[0]!.accuracy!.mean).toBeGreaterThan(0.6);
  });
  it('alternating halves move adaptors first and the base second', () => {
    const p = problem(2);
    const round = { problem: p, method: alternating(2), training: trainingOf({ ...base.training, batch: 6 }), router: routerOf({}, 2), seed: 1, round: 0 }; // prettier-ignore
    const shared = startShared(p, round.method, 1, 'in');
    const { update } = clientUpdate(round, 0, shared, federation().clients[0]!, startClient(round, shared));
    const only = clientUpdate({ ...round, training: { ...round.training, batch: 12 } }, 0, shared, federation().clients[0]!, startClient(round, shared)); // prettier-ignore
    expect(update.base).not.toEqual(shared.base);
    expect(only.update.base).toEqual(shared.base);
    expect(only.update.adaptors).not.toEqual(shared.adaptors);
  });
  it('fine-tuning leaves what is shared, and helps where clients disagree', () => {
    const { run: done, store } = run(fedAvg(), { rounds: 30 });
    const before = done.shared.base.slice();
    const p = problem(0);
    const { clients } = federation();
    const tuned = fineTune(p, fedAvg(), done.shared, 1, clients[1]!, store.get(1), { training: base.training, epochs: 40, seed: 3 }); // prettier-ignore
    expect(done.shared.base).toEqual(before);
    const loss = (b: Float64Array) => {
      const one = train(p, { clients: [clients[1]!], tests: [clients[1]!] }, { ...base, method: fedAvg(), rounds: 1, training: { rate: 0 } }, { ...done, shared: { base: b, adaptors: new Float64Array(0) }, round: 0, reports: [] }); // prettier-ignore
      return one.run.reports[0]!.loss.mean;
    };
    expect(loss(tuned.shared.base)).toBeLessThan(loss(before) - 0.1);
  });
});

describe('routing', () => {
  it('by losses sorts; an unseen client finds its cluster from ten examples', () => {
    const { run: done } = run(floralMethod(2, 'losses'), { rounds: 120 });
    expect(done.reports[0]!.purity).toBe(1);
    const { clients } = federation(10);
    const chosen = clients.map((data) => {
      const pi = route(problem(2), floralMethod(2), done.shared, data);
      return pi[0]! > 0.5 ? 0 : 1;
    });
    expect(new Set([0, 2, 4].map((k) => chosen[k]))).toHaveProperty('size', 1);
    expect(chosen[1]).toBe(1 - chosen[0]!);
    const byGradient = route(problem(2), floralMethod(2), done.shared, clients[1]!, { by: 'gradient' });
    expect(byGradient[chosen[1]!]).toBeGreaterThan(0.5);
  });
  it('a cluster nobody chose is warned of once, and re-seeded on request', () => {
    const said: string[] = [];
    const all = { theta: () => optimal(0, 2), rounds: 1 };
    run(floralMethod(2, 'given'), { ...all, rounds: 3, warn: (text) => said.push(text) });
    const kept = run(floralMethod(2, 'given'), all).run.shared.adaptors;
    expect(said).toEqual(["train: nobody has chosen cluster 1 in round 0; it keeps what it has. 'reseed' starts it again from another."]); // prettier-ignore
    const again = run(floralMethod(2, 'given'), { ...all, reseed: 0 }).run.shared.adaptors;
    const { start, length } = problem(2).model.layout.parts[0]!;
    const one = (x: Float64Array, c: number) => x.slice(start + c * length, start + (c + 1) * length);
    expect(one(again, 0)).toEqual(one(kept, 0));
    expect(one(again, 1)).not.toEqual(one(kept, 1));
    expect(apart(one(again, 1), one(again, 0))).toBeLessThan(0.1);
  });
  it('relearnt each round from 0, routers forget', () => {
    const p = problem(2);
    const round = { problem: p, method: floralMethod(2), training: trainingOf({ ...base.training, stateful: false }), router: routerOf({}, 2), seed: 1, round: 0 }; // prettier-ignore
    const shared = startShared(p, round.method, 1);
    const data = federation().clients[0]!;
    const [from, zero] = [Float64Array.of(5, 0), undefined].map((theta) => clientUpdate(round, 0, shared, data, startClient(round, shared, theta)).state.theta); // prettier-ignore
    expect(from).toEqual(zero);
  });
});

describe('refuses', () => {
  const good = federation();
  it.each<[string, Partial<TrainOptions>, Federation, string]>([
    ['a client without data', {}, { clients: [{ x: new Float64Array(0), y: [] }] }, "train: client 0: 'x' and 'y' are of lengths 0 and 0; must be N·3 and N of at least one example. Leave out clients without data."], // prettier-ignore
    ['labels of another number', {}, { clients: [{ x: new Float64Array(6), y: [1] }] }, 'are of lengths 6 and 1'],
    ['inputs that are not finite', {}, { clients: good.clients.map((c, k) => (k === 1 ? { ...c, x: c.x.map((v, i) => (i === 4 ? NaN : v)) } : c)) }, "train: client 1: 'x[4]' is NaN; must be a finite number."], // prettier-ignore
    ['tests that are not finite', {}, { ...good, tests: good.clients.map((c) => ({ ...c, x: c.x.map(() => Infinity) })) }, "train: client 0: 'x[0]' is Infinity; must be a finite number."], // prettier-ignore
    ['inputs that are no array', {}, { clients: [{ x: null as never, y: [1] }] }, "train: client 0: 'x' is null; must be a Float64Array."], // prettier-ignore
    ['no list of clients', {}, { clients: null as never }, "train: 'clients' is null; must be an array."],
    ['other tests', {}, { ...good, tests: [] }, "train: 'tests' is []; must be of length 6, one a client."],
    ['other clusters', { method: floralMethod(3) }, good, "train: the model has 2 clusters; must have the method's 3."],
    ['a rate that is none', { training: { rate: NaN } }, good, "train: 'rate' is NaN; must be a finite number ≥ 0."],
    ['a misspelt option', { round: 3 } as never, good, "train: 'round' is no option"],
    [
      'a re-seed that is no cluster',
      { reseed: 2 },
      good,
      "train: 'reseed' is 2; must be null or a cluster from 0 to 1.",
    ],
    ['an update that is not finite', { training: { rate: 1e200, epochs: 5 } }, good, 'train: the update of client 0 in round 0 is not finite; must be.'], // prettier-ignore
  ])('%s', (_, options, clients, message) => {
    expect(() => train(problem(2), clients, { ...base, method: floralMethod(2), ...options })).toThrow(message);
  });
  it('or goes on without it, by option', () => {
    const some = { clients: good.clients.map((c, k) => (k === 2 ? { ...c, x: c.x.map(() => 1e308) } : c)) };
    const { run: done } = train(problem(2), some, {
      ...base,
      method: floralMethod(2),
      rounds: 2,
      nonFinite: 'leave out',
    });
    expect(done.shared.base.every(Number.isFinite)).toBe(true);
  });
  it.each([99, 0.5, -1])('a class that is none of the model’s: %d', (label) => {
    const some = { clients: good.clients.map((c, k) => (k === 2 ? { ...c, y: Array.from(c.y, (y, i) => (i === 3 ? label : y)) } : c)) }; // prettier-ignore
    expect(() => train(problem(2), some, { ...base, method: floralMethod(2) })).toThrow(`train: client 2: 'y[3]' is ${label}; must be a class from 0 to`); // prettier-ignore
  });
  it('a run of another model or method, and what another one shares', () => {
    const of = (method: Method, clusters: number, from?: Run) => train(problem(clusters), good, { ...base, method, rounds: from ? 2 : 1 }, from).run; // prettier-ignore
    const [adapted, alone] = [of(floralMethod(2), 2), of(fedAvg(), 0)];
    expect(() => of(floralMethod(3), 3, adapted)).toThrow(/train: what is shared has \d+ numbers of the base and \d+ of adaptors; must have .*It is of another model or method/); // prettier-ignore
    expect(() => of(floralMethod(2), 2, alone)).toThrow("as 'FLoRAL' has of dense0/kernel [3, ");
    const round = { problem: problem(2), method: floralMethod(2), training: trainingOf(base.training), router: routerOf({}, 2), seed: 1, round: 0 }; // prettier-ignore
    const state = startClient(round, adapted.shared);
    expect(() => clientUpdate(round, 0, alone.shared, good.clients[0]!, state)).toThrow('clientUpdate: client 0: what is shared has'); // prettier-ignore
  });
  it('clients of one class are allowed', () => {
    const some = { clients: good.clients.map((c) => ({ ...c, y: Array.from(c.y, () => 1) })) };
    expect(() => train(problem(2), some, { ...base, method: floralMethod(2), rounds: 1 })).not.toThrow();
  });
});
