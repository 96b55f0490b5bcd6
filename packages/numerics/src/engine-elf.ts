/** Libraries of Linux whose loading would end the process, or fail without a reason. */

/** `e_machine` of the ELF format for the processors that OpenBLAS and Node share. */
const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183, riscv64: 243, ppc64: 21, loong64: 258 };

/**
 * Why a file must not be loaded: the loader maps a file that was cut short, and the process ends at the first page that is
 * missing; of another architecture it only says that there is no such file; for a pipe it waits.
 * @param path a file; one that is not there or no ELF file is left to the loader, which tells it well, and so is a name without
 * a slash, which it looks up in folders of its own
 * @returns null where nothing speaks against it
 */
export function elfFault(path: string): string | null {
  if (!path.includes('/')) return null;
  const { closeSync, openSync, readSync, statSync } = process.getBuiltinModule('node:fs');
  let file;
  let length;
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return 'it is a folder, a pipe or a device; must be a file';
    length = stat.size;
    file = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    const read = (at: number, count: number): Buffer => {
      const bytes = Buffer.alloc(count);
      return bytes.subarray(0, readSync(file, bytes, 0, count, at));
    };
    const header = read(0, 64);
    if (header.length < 64 || header.toString('latin1', 0, 4) !== '\x7fELF') return null;
    const little = header[5] === 1;
    const machine = little ? header.readUInt16LE(18) : header.readUInt16BE(18);
    const own = MACHINES[process.arch];
    if (header[4] !== 2 || (own !== undefined && machine !== own)) {
      return `it is built for another processor (ELF machine ${machine}, ${header[4] === 2 ? 64 : 32} bits) than this Node (${process.arch})`;
    }
    if (!little) return null;
    // Every segment that the loader maps lies within the file.
    const [from, count] = [Number(header.readBigUInt64LE(32)), header.readUInt16LE(56) * 56];
    const segments = read(from, count);
    let needed = from + count;
    for (let at = 0; at + 56 <= segments.length; at += 56) {
      if (segments.readUInt32LE(at) !== 1) continue;
      needed = Math.max(needed, Number(segments.readBigUInt64LE(at + 8) + segments.readBigUInt64LE(at + 32)));
    }
    return needed > length ? `the file was cut short: it has ${length} bytes and needs ${needed}` : null;
  } finally {
    closeSync(file);
  }
}
