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

/** What each building warms and cools with; attributes that are left out are drawn. */
const DEVICES = {
  cooling_device: { type: 'citylearn.energy_model.HeatPump', autosize: false, attributes: { nominal_power: 6, efficiency: 0.25, target_cooling_temperature: 8 } },
  heating_device: { type: 'citylearn.energy_model.HeatPump', autosize: false, attributes: { nominal_power: 6, target_heating_temperature: 45 } },
  dhw_device: { type: 'citylearn.energy_model.ElectricHeater', autosize: false, attributes: { nominal_power: 5 } },
  cooling_storage: { type: 'citylearn.energy_model.StorageTank', autosize: false, attributes: { capacity: 8, loss_coefficient: 0.01 } },
  heating_storage: { type: 'citylearn.energy_model.StorageTank', autosize: false, attributes: { capacity: 5, efficiency: 0.9, max_output_power: 1.5, max_input_power: 2 } },
  dhw_storage: { type: 'citylearn.energy_model.StorageTank', autosize: false, attributes: { capacity: 3 } },
}; // prettier-ignore
/** Demands, kWh, by hour of the day and row. */
const DEMANDS = {
  cooling_demand: (hour) => (hour > 9 && hour < 20 ? 0.8 + 0.2 * (hour % 5) : 0),
  heating_demand: (hour) => (hour < 8 || hour > 21 ? 1.1 + 0.1 * hour : 0),
  dhw_demand: (hour, row) => 0.1 + 0.3 * ((hour + row) % 4),
};

/** The texts of a folder of two buildings with heat pumps, heaters and tanks, ten days long. */
export function thermalFolder({ syntheticFolder }) {
  const files = syntheticFolder({ seed: 4, days: 10, buildings: 2, latitude: 40 });
  const schema = JSON.parse(files['schema.json']);
  const storages = ['cooling_storage', 'heating_storage', 'dhw_storage'];
  schema.actions = Object.fromEntries([...storages, 'electrical_storage'].map((name) => [name, { active: true }]));
  for (const name of storages) schema.observations[`${name}_soc`] = { active: true, shared_in_central_agent: false };
  for (const [name, building] of Object.entries(schema.buildings)) {
    Object.assign(building, DEVICES);
    const [names, ...lines] = files[`${name}.csv`]
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    lines.forEach((fields, row) => {
      for (const [column, of] of Object.entries(DEMANDS)) fields[names.indexOf(column)] = of(row % 24, row).toFixed(4);
    });
    files[`${name}.csv`] = `${[names, ...lines].map((fields) => fields.join(',')).join('\n')}\n`;
  }
  return { ...files, 'schema.json': JSON.stringify(schema, null, 2) };
}
