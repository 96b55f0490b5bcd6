/** Lets timers, signals and messages in; a loop of resolved promises never would. */
export function eventLoop(): Promise<void> {
  return new Promise((done) => {
    if (typeof setImmediate === 'function') setImmediate(done);
    else setTimeout(done);
  });
}
