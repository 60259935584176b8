/**
 * src/config/drivers.generated.ts: what each rotation driver exports of itself, as pure data on the
 * control side of the wall.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Driver, DriverSpec } from '../../src/values/rotator/driver.ts'
import type { Output } from '../generate.ts'

/** The specs of all drivers, by name. */
export async function driverSpecs(root: string): Promise<DriverSpec[]> {
  const file = join(root, 'src', 'values', 'rotator', 'drivers.ts')
  const { DRIVERS }: { DRIVERS: Readonly<Record<string, () => Promise<Driver>>> } = await import(
    pathToFileURL(file).href
  )
  const drivers = await Promise.all(Object.values(DRIVERS).map((load) => load()))
  return drivers.map(({ spec }) => spec).toSorted((one, other) => (one.type < other.type ? -1 : 1))
}

export async function generate(root: string): Promise<Output> {
  const specs = Object.fromEntries((await driverSpecs(root)).map((spec) => [spec.type, spec]))
  const content = `// Made by scripts/generate/drivers.ts from the specs in src/values/rotator/drivers. Do not edit.
import type { DriverClass } from '../rotation/types.ts'

interface Described {
  type: string
  /** \`stated\`: the config says it, as the option \`class\`. */
  class: DriverClass | 'stated'
  summary: string
  /** A person brings the new value. */
  guided?: true
  /** Ids of the targets that it is for, where a config names no driver. */
  targets?: readonly string[]
  /** JSON Schema of its options. */
  options: Readonly<Record<string, unknown>>
}

/** Rotation drivers by name. */
export const ROTATION_DRIVERS: Readonly<Record<string, Described>> = ${JSON.stringify(specs, null, 2)}
`
  return { path: 'src/config/drivers.generated.ts', content }
}
