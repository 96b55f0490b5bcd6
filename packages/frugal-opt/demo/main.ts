/** The page: reads the form, starts a worker, draws what it tells. */
import type { Settings, Told } from './session.js';

/** Methods of the page, with what makes them differ. */
const METHODS = {
  columns: { method: 'frugal', projector: 'rows' },
  blocks: { method: 'frugal', projector: 'blocks' },
  svd: { method: 'frugal', projector: 'svd' },
  'rho 0': { method: 'signSgd' },
  galore: { method: 'galore' },
  adamw: { method: 'adamw' },
} as const satisfies Record<string, Partial<Settings>>;

/** Brings the page to life. */
export function page(): void {
  const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
  const form = element<HTMLFormElement>('settings');
  const [start, stop] = [element<HTMLButtonElement>('start'), element<HTMLButtonElement>('stop')];
  let worker: Worker | null = null;
  let losses: { readonly step: number; readonly loss: number }[] = [];

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const fields = new FormData(form);
    const number = (name: string) => Number(fields.get(name));
    const file = fields.get('model') as File;
    const method = METHODS[fields.get('method') as keyof typeof METHODS];
    const split = method.method === 'frugal' || method.method === 'galore';
    begin({
      ...method,
      ...(split && { rho: number('rho') }),
      text: String(fields.get('text')),
      backend: fields.get('backend') as Settings['backend'],
      model: file.size === 0 ? null : new Uint8Array(await file.arrayBuffer()),
      ...{ rate: number('rate'), steps: number('steps'), period: number('period') },
      ...{ batch: 16, seed: 0 },
    });
  });

  stop.addEventListener('click', () => end('stopped'));

  function begin(settings: Settings): void {
    losses = [];
    element('file').hidden = true;
    worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<Told>) => show(data, settings.steps);
    worker.onerror = ({ message }) => end(message);
    worker.postMessage(settings);
    [start.disabled, stop.disabled] = [true, false];
    element('status').textContent = 'starts …';
  }

  function end(status: string): void {
    worker?.terminate();
    worker = null;
    [start.disabled, stop.disabled] = [false, true];
    element('status').textContent = status;
  }

  function show(told: Told, steps: number): void {
    switch (told.kind) {
      case 'begun':
        element('status').textContent = `${told.weights} weights; computed on ${told.backend}`;
        break;
      case 'step': {
        losses.push(told);
        draw(steps);
        element('loss').textContent = `step ${told.step}: loss ${told.loss.toFixed(3)}`;
        element('sample').textContent = told.sample;
        const { own, adamw } = told.memory;
        bar('own', own, adamw);
        bar('adamw', adamw, adamw);
        break;
      }
      case 'done': {
        const link = element<HTMLAnchorElement>('file');
        URL.revokeObjectURL(link.href);
        link.href = URL.createObjectURL(new Blob([told.file as Uint8Array<ArrayBuffer>]));
        link.hidden = false;
        end(`done: loss ${told.loss.toFixed(3)} on the last tenth of the text`);
        break;
      }
      case 'failed':
        end(told.message);
    }
  }

  /** The curve of losses in a box of 400 × 120. */
  function draw(steps: number): void {
    const most = losses.reduce((top, { loss }) => Math.max(top, loss), 0);
    const points = losses.map(({ step, loss }) => `${(400 * step) / steps},${120 - (120 * loss) / most}`);
    element('curve').setAttribute('points', points.join(' '));
  }

  function bar(id: string, bytes: number, most: number): void {
    element(id).style.width = `${(100 * bytes) / most}%`;
    element(id).textContent = `${(bytes / 1024).toFixed(1)} KiB`;
  }
}
