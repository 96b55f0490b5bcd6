/** How clients in hidden groups disagree: pictures turned, labels named otherwise, labels of a group alone. */
import { integer } from '@assay-ml/numerics/check';

/** The group of client k of C groups: k mod C. */
export function groupOf(client: number, groups: number): number {
  integer('groupOf', 'client', client, 0);
  return client % integer('groupOf', 'groups', groups, 1);
}

/**
 * Pictures turned by quarters, counter-clockwise: pixel (row, column) of the result is (column, side − 1 − row) of the picture
 * for one of them.
 * @param pictures [N, side, side, channels], flat; not changed
 * @param quarters any integer; 4 are none
 * @returns a new array of the same kind
 * @throws RangeError for sizes that do not fit
 */
export function turnQuarters<T extends Float32Array | Float64Array | Uint8Array>(
  pictures: T,
  side: number,
  channels: number,
  quarters: number,
): T {
  integer('turnQuarters', 'side', side, 1);
  integer('turnQuarters', 'channels', channels, 1);
  integer('turnQuarters', 'quarters', quarters, -Number.MAX_SAFE_INTEGER);
  const size = side * side * channels;
  if (pictures.length % size !== 0) {
    throw new RangeError(`turnQuarters: 'pictures' has ${pictures.length} numbers; must be a multiple of ${side} · ${side} · ${channels} = ${size}. Pictures are square.`); // prettier-ignore
  }
  const out = pictures.slice() as T;
  const times = ((quarters % 4) + 4) % 4;
  for (let turn = 0; turn < times; turn++) {
    const from = out.slice();
    for (let start = 0; start < out.length; start += size) {
      for (let i = 0; i < side; i++) {
        for (let j = 0; j < side; j++) {
          for (let c = 0; c < channels; c++) {
            out[start + (i * side + j) * channels + c] = from[start + (j * side + side - 1 - i) * channels + c]!;
          }
        }
      }
    }
  }
  return out;
}

/**
 * Labels named otherwise: y → (y + by) mod classes.
 * @throws RangeError for a label outside 0 … classes − 1, or a shift that is no integer from 0 on
 */
export function shiftLabels(labels: ArrayLike<number>, by: number, classes: number): Uint8Array {
  integer('shiftLabels', 'by', by, 0);
  integer('shiftLabels', 'classes', classes, 1);
  return Uint8Array.from(labels, (y, i) => {
    if (!(Number.isInteger(y) && y >= 0 && y < classes)) throw new RangeError(`shiftLabels: 'labels[${i}]' is ${y}; must be an integer from 0 to ${classes - 1}.`); // prettier-ignore
    return (y + by) % classes;
  });
}

/**
 * Examples whose label is of a group: label mod groups, as the authors of FLoRAL group the fine labels of CIFAR-100. Labels keep
 * their names.
 * @returns indices, ascending
 */
export function labelGroup(labels: ArrayLike<number>, group: number, groups: number): Uint32Array {
  integer('labelGroup', 'group', group, 0);
  integer('labelGroup', 'groups', groups, 1);
  return Uint32Array.from(Array.from(labels).flatMap((y, i) => (y % groups === group ? [i] : [])));
}
