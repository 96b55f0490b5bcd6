/** Days of made-up profiles: sun from six to eighteen, cloudier by building and day. */
import type { District } from '../src/index.js';

export function year(buildings: number, days: number): District {
  const steps = 24 * days;
  const by = (of: (hour: number, day: number) => number) =>
    Float64Array.from({ length: steps }, (_, t) => of(t % 24, Math.floor(t / 24)));
  return {
    steps,
    hours: 1,
    buildings: Array.from({ length: buildings }, (_, b) => {
      const sun = (hour: number, day: number) =>
        Math.max(0, Math.sin((Math.PI * (hour - 6)) / 12)) * (500 + 97 * b + 61 * (day % 5));
      return {
        name: `Building_${b + 1}`,
        pv: 4,
        battery: null,
        columns: {
          month: by(() => 7),
          hour: by((hour) => (hour === 0 ? 24 : hour)),
          day_type: by((_, day) => 1 + (day % 7)),
          solar_generation: by((hour, day) => (hour > 6 && hour < 18 ? sun(hour, day) : 0)),
          non_shiftable_load: by((hour) => 0.5 + 0.05 * hour),
          electricity_pricing: by((hour) => (hour >= 16 && hour <= 20 ? 0.5 : 0.22)),
          carbon_intensity: by((hour, day) => 0.15 + 0.002 * hour + 0.001 * day),
          direct_solar_irradiance: by((hour, day) => 0.9 * sun(hour, day)),
          direct_solar_irradiance_predicted_1: by((hour, day) => 0.9 * sun(hour, day)),
          direct_solar_irradiance_predicted_2: by((hour, day) => 0.8 * sun(hour, day)),
          direct_solar_irradiance_predicted_3: by((hour, day) => 0.7 * sun(hour, day)),
        },
      };
    }),
  };
}
