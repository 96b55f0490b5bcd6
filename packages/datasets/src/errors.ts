/** A data set is not on this machine. Its claims are `not-run: data missing`; nothing crashed. */
export class DataMissing extends Error {
  override readonly name = 'DataMissing';

  /**
   * @param dataset name of the data set, e.g. `fashion-mnist`
   * @param howToGet one sentence or a few: how to get it, shown to the user as it is
   */
  constructor(
    readonly dataset: string,
    readonly howToGet: string,
  ) {
    super(`${dataset}: data missing. ${howToGet}`);
  }
}

/** Bytes that are there but are not the ones they should be: wrong checksum, cut short, not the format they claim. */
export class DataCorrupt extends Error {
  override readonly name = 'DataCorrupt';

  /**
   * @param source file or URL that the bytes came from
   * @param problem what is wrong and what to do
   */
  constructor(
    readonly source: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${source}: ${problem}`, options);
  }
}

/**
 * True for the error of an absent data set, also when it came through another copy of this package or a worker that
 * rebuilt it from its fields.
 * @param error anything caught
 */
export function isDataMissing(error: unknown): error is DataMissing {
  return error instanceof Error && error.name === 'DataMissing' && 'dataset' in error && 'howToGet' in error;
}

/** A download that did not finish. What came is kept unless the message says otherwise: call again to resume. */
export class DownloadFailed extends Error {
  override readonly name = 'DownloadFailed';
  /** Trying again at once may help: the connection broke or the server had an error of its own. */
  readonly retry: boolean;
  /** Milliseconds to wait before that. */
  readonly wait: number;

  /**
   * @param url what was asked for
   * @param problem what happened and what to do
   */
  constructor(
    readonly url: string,
    problem: string,
    { retry = false, wait = 0, ...options }: ErrorOptions & { readonly retry?: boolean; readonly wait?: number } = {},
  ) {
    super(`${url}: ${problem}`, options);
    this.retry = retry;
    this.wait = wait;
  }
}
