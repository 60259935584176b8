/** issuer.ts as a program that a config can name. */
import { join } from 'node:path'
import { COMPILED } from '../built.ts'

/** @param state path of its state @returns the program's text */
export function issuerProgram(state: string): string {
  const compiled = `NODE_COMPILE_CACHE='${COMPILED.NODE_COMPILE_CACHE}'`
  const issuer = join(import.meta.dirname, 'issuer.ts')
  return `#!/bin/sh\n${compiled} exec '${process.execPath}' '${issuer}' '${state}'\n`
}
