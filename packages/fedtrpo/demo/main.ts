/** The page: reads the form and the folder, and draws the hours as they come. */
import { type Hour, session, type Settings } from './session.js';

/** Colours of buildings, over and over. */
const COLORS = ['#2563eb', '#d97706', '#059669', '#7c3aed', '#dc2626', '#0891b2'];
/** Hours that are in view, and the size of the boxes. */
const [VIEW, WIDTH, HEIGHT] = [72, 720, 150];

/** Brings the page to life. */
export function page(): void {
  const element = <T extends Element>(id: string) => document.getElementById(id) as unknown as T;
  const form = element<HTMLFormElement>('settings');
  const [start, stop] = [element<HTMLButtonElement>('start'), element<HTMLButtonElement>('stop')];
  let running = false;

  stop.addEventListener('click', () => {
    running = false;
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    [running, start.disabled, stop.disabled] = [true, true, false];
    try {
      const settings = await asked(new FormData(form));
      await play(settings, Number(new FormData(form).get('speed')));
    } catch (error) {
      element('status').textContent = (error as Error).message;
    } finally {
      [running, start.disabled, stop.disabled] = [false, false, true];
    }
  });

  async function play(settings: Settings, speed: number): Promise<void> {
    const hours: Hour[] = [];
    for await (const hour of session(settings)) {
      if (!running) break;
      hours.push(hour);
      draw(hours);
      await new Promise((then) => setTimeout(then, 1000 / speed));
    }
  }

  function draw(hours: readonly Hour[]): void {
    const shown = hours.slice(-VIEW);
    const now = hours.at(-1)!;
    const { buildings } = now;
    lines(
      'soc',
      buildings.map((_, b) => shown.map(({ soc }) => soc[b]!)),
      0,
      1,
    );
    const nets = [shown.map(({ net }) => net), shown.map(({ netWithout }) => netWithout)];
    lines('net', nets, Math.min(0, ...nets.flat()), Math.max(0, ...nets.flat()));
    const saved = now.costWithout > 0 ? `, ${(100 * (1 - now.cost / now.costWithout)).toFixed(1)} % less` : '';
    element('status').textContent = `hour ${hours.length}: cost ${now.cost.toFixed(3)}, without batteries ${now.costWithout.toFixed(3)}${saved}`; // prettier-ignore
    element('levels').textContent = buildings
      .map((name, b) => `${name} ${(100 * now.soc[b]!).toFixed(1)} %`)
      .join(', ');
  }

  /** Lines in a box, the latest hour at its right. */
  function lines(id: string, values: readonly (readonly number[])[], low: number, high: number): void {
    const y = (value: number) => HEIGHT * (1 - (value - low) / (high - low || 1));
    element(id).replaceChildren(
      ...values.map((line, k) => {
        const drawn = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
        drawn.setAttribute('fill', 'none');
        drawn.setAttribute('stroke', COLORS[k % COLORS.length]!);
        drawn.setAttribute('points', line.map((value, h) => `${(WIDTH * h) / VIEW},${y(value).toFixed(2)}`).join(' '));
        return drawn;
      }),
    );
  }
}

/** What the form says; of a folder the texts. */
async function asked(fields: FormData): Promise<Settings> {
  const chosen = (fields.getAll('folder') as File[]).filter(({ size }) => size > 0);
  const texts = await Promise.all(chosen.map(async (file) => [file.name, await file.text()] as const));
  const policy = fields.get('policy') as File;
  return {
    files: texts.length === 0 ? null : Object.fromEntries(texts),
    controller: fields.get('controller') as Settings['controller'],
    policy: policy.size === 0 ? null : await policy.text(),
    physics: fields.get('physics') as Settings['physics'],
    hours: Number(fields.get('hours')),
  };
}
