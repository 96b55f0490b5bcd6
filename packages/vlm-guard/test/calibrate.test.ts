import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';
import { calibrate, type Detector, drift, readCalibration, threshold } from '../src/index.js';

const scores = (name: string, n = 200, shift = 0) => Array.from(stream(3, name).fillNormal(new Float64Array(n)), (x) => x + shift); // prettier-ignore
const detector: Detector = { victim: 'blip-1', prompt: '', generators: ['sd'], encoders: ['a', 'b'], options: { reduce: 'max', draws: 4 } }; // prettier-ignore

describe('calibrate', () => {
  it('comes back from JSON as it was, for the same detector in any order', () => {
    const made = calibrate(scores('clean'), detector, { alpha: 0.1, rule: 'conformal-pac' });
    expect(made).toMatchObject({ ...threshold(scores('clean'), { alpha: 0.1, rule: 'conformal-pac' }), version: 1 });
    const other = { ...detector, encoders: ['b', 'a'], options: { draws: 4, reduce: 'max' } };
    expect(readCalibration(JSON.stringify(made), other)).toEqual(made);
  });
  it.each<[string, Partial<Detector>]>([
    ['victim', { victim: 'blip-2' }],
    ['prompt', { prompt: 'what is it?' }],
    ['generators', { generators: ['sd', 'flux'] }],
    ['encoders', { encoders: ['a'] }],
    ['options', { options: { reduce: 'max', draws: 1 } }],
  ])('is refused for another %s', (name, other) => {
    const made = JSON.stringify(calibrate(scores('clean'), detector));
    expect(() => readCalibration(made, { ...detector, ...other })).toThrow(`readCalibration: 'detector.${name}' is `);
  });
  it('refuses what was changed, another version, and too few scores', () => {
    const made = calibrate(scores('clean'), detector);
    expect(() => readCalibration({ ...made, threshold: -9 }, detector)).toThrow("readCalibration: 'threshold' is -9; must be that of its scores"); // prettier-ignore
    expect(() => readCalibration({ ...made, version: 2 }, detector)).toThrow(
      "readCalibration: 'version' is 2; must be 1.",
    );
    expect(() => readCalibration(null, detector)).toThrow("readCalibration: 'version' is undefined");
    expect(() => calibrate(scores('clean', 10), detector)).toThrow('must be at least 19 scores for α = 0.05');
    expect(() => calibrate(scores('clean'), { ...detector, encoders: [] })).toThrow(
      "calibrate: 'detector.encoders' is []",
    );
  });
});

describe('drift', () => {
  it('finds a move, and none where there is none', () => {
    const made = calibrate(scores('clean'), detector);
    const [same, moved] = [drift(made, scores('recent')), drift(made, scores('recent', 200, -0.6))];
    expect(same.p).toBeGreaterThan(0.05);
    expect(moved.p).toBeLessThan(1e-4);
    expect(moved.mean.recent).toBeCloseTo(same.mean.recent - 0.6, 12);
    expect(moved.mean.interval[1]).toBeLessThan(moved.mean.calibration);
    expect(() => drift(made, [1, NaN])).toThrow('NaN');
  });
});
