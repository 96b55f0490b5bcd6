/** Which process this is, beyond its number and the name of its host: containers share both. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Where process numbers mean the same: a host since it started, and within it a container. */
export interface Place {
  readonly host: string;
  /** Of the host's last start; absent where the system does not say. */
  readonly boot?: string;
  /** The namespace of process numbers; absent where the system has none. */
  readonly space?: string;
}

/** The place of this process. */
export function place(): Place {
  const boot = orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const space = orNothing(() => readlinkSync('/proc/self/ns/pid'));
  return { host: hostname(), ...(boot !== undefined && { boot }), ...(space !== undefined && { space }) };
}

/** When a process of this place started, in the system's ticks; nothing where it does not say, or the process has ended. */
export function startOf(pid: number): string | undefined {
  // The name of the program may hold brackets and spaces; then comes the state (Z: ended), and the time 19 fields later.
  return orNothing(() => /.*\) [^ZX](?: \S+){18} (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
}

function orNothing<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
