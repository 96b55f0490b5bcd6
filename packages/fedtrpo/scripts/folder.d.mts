type Synthetic = { syntheticFolder(options: object): Record<string, string> };
/** The texts of the folder that golden fixtures were made on. */
export function fixtureFolder(fedtrpo: Synthetic): Record<string, string>;
/** The texts of a folder of two buildings with heat pumps, heaters and tanks. */
export function thermalFolder(fedtrpo: Synthetic): Record<string, string>;
