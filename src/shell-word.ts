/** A path for a line that a person copies into a shell: quoted where a shell would read it otherwise. */
export function shellWord(path: string): string {
  return /^[A-Za-z0-9_./@%+=:,-]+$/.test(path)
    ? path
    : `'${path.replaceAll("'", String.raw`'\''`)}'`
}
