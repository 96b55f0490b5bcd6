/** The texts of the folder that golden fixtures were made on. */
export function fixtureFolder(fedtrpo: {
  syntheticFolder(options: object): Record<string, string>;
}): Record<string, string>;
