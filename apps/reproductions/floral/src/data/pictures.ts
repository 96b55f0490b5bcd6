/** Pictures of MNIST, CIFAR-10 and CIFAR-100, spread over clients of hidden groups. */
import { cifar10, CIFAR10_NORMALISATION, cifar100, downsample, type Examples, examples, groupOf, labelGroup, mnist, normalise, partitionIid, shiftLabels, type Split, turnQuarters } from '@assay-ml/datasets'; // prettier-ignore
import type { ClientData, Federation } from '@assay-ml/floral';
import { stream, type Stream } from '@assay-ml/numerics';
import type { Task } from './federation.js';

/** Whose pictures. */
export type DataName = 'mnist' | 'cifar-10' | 'cifar-100';
/** How groups disagree: as E2's, or each has the labels y ≡ c mod C alone. */
export type PictureTask = Task | 'labels';

/** How pictures are spread. */
export interface Spread {
  readonly clients: number;
  /** Hidden groups; client k is of group k mod `groups`. */
  readonly groups: number;
  /** Training pictures a client, test pictures a client. */
  readonly samples: number;
  readonly tests: number;
  /** Areas of so many pixels squared become one. */
  readonly factor: number;
}

/** MNIST in [0, 1] as it is, the others less their mean over their deviation, a channel each. */
const LOADERS: Readonly<Record<DataName, (split: Split, factor: number) => Promise<Examples>>> = {
  mnist: async (split, factor) => downsample(examples(await mnist({ split })), factor),
  'cifar-10': async (split, factor) =>
    normalise(downsample(examples(await cifar10({ split })), factor), CIFAR10_NORMALISATION),
  'cifar-100': async (split, factor) =>
    normalise(downsample(examples(await cifar100({ split })), factor), CIFAR10_NORMALISATION),
};

/** Loaded once a process. */
const loading = new Map<string, Promise<Examples>>();
function once(data: DataName, split: Split, factor: number): Promise<Examples> {
  const key = `${data} ${split} ${factor}`;
  const known = loading.get(key) ?? LOADERS[data](split, factor);
  loading.set(key, known);
  return known;
}

/** A client's pictures as its group has them. */
export function own(all: Examples, rows: Uint32Array, group: number, task: PictureTask): ClientData {
  const [side, , channels] = all.shape as [number, number, number];
  const size = side * side * channels;
  const x = new Float64Array(rows.length * size);
  rows.forEach((row, i) => x.set(all.x.subarray(row * size, (row + 1) * size), i * size));
  const y = Array.from(rows, (row) => all.y[row]!);
  return {
    x: task === 'rotation' ? turnQuarters(x, side, channels, group) : x,
    y: shiftLabels(y, task === 'shift' ? group : 0, all.classes),
  };
}

/** [clients] the pictures of each: parts of all at random, or of those of its group's labels. */
export function parts(
  { y, count }: Pick<Examples, 'y' | 'count'>,
  { clients, groups }: Pick<Spread, 'clients' | 'groups'>,
  perClient: number,
  task: PictureTask,
  key: (group: number) => Stream,
): Uint32Array[] {
  if (task !== 'labels') return partitionIid(count, { clients, perClient, stream: key(0) });
  const out: Uint32Array[] = new Array<Uint32Array>(clients);
  for (let group = 0; group < groups; group++) {
    const members = Array.from({ length: clients }, (_, k) => k).filter((k) => groupOf(k, groups) === group);
    const found = labelGroup(y, group, groups);
    const lists = partitionIid(found.length, { clients: members.length, perClient, stream: key(group) });
    members.forEach((k, i) => (out[k] = lists[i]!.map((at) => found[at]!)));
  }
  return out;
}

/** The federation of a seed; the same pictures for every method, and for both of R and LS. */
export async function pictureFederation(
  data: DataName,
  task: PictureTask,
  seed: number,
  spread: Spread,
): Promise<Federation> {
  const { clients, groups, samples, tests, factor } = spread;
  const truth = Array.from({ length: clients }, (_, k) => groupOf(k, groups));
  const part = async (split: Split, perClient: number) => {
    const all = await once(data, split, factor);
    const lists = parts(all, spread, perClient, task, (group) => stream(seed, 'pictures', data, split, group));
    return lists.map((rows, k) => own(all, rows, truth[k]!, task));
  };
  return { clients: await part('train', samples), tests: await part('test', tests), truth };
}
