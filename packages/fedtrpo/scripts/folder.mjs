/** The batteries that differ, by building; what is left out is drawn. */
const BATTERIES = {
  Building_1: { capacity: 6.4, nominal_power: 5, efficiency: 0.9, loss_coefficient: 0.01, capacity_loss_coefficient: 0.03, depth_of_discharge: 0.8 },
  Building_2: { capacity: 4, nominal_power: 6, loss_coefficient: 0, depth_of_discharge: 0.9, initial_soc: 0.5 },
  Building_3: { capacity: 10, nominal_power: 3, efficiency: 1, power_efficiency_curve: [[0, 0.83], [0.3, 0.83], [0.7, 0.9], [0.8, 0.9], [1, 0.85]], capacity_power_curve: [[0, 1], [0.8, 1], [1, 0.2]] },
}; // prettier-ignore

/** The texts of the folder that golden fixtures were made on. */
export function fixtureFolder({ syntheticFolder }) {
  const files = syntheticFolder({ seed: 3, days: 30, buildings: 3, latitude: 40 });
  const schema = JSON.parse(files['schema.json']);
  for (const [name, attributes] of Object.entries(BATTERIES)) {
    schema.buildings[name].electrical_storage.attributes = attributes;
  }
  return { ...files, 'schema.json': JSON.stringify(schema, null, 2) };
}
