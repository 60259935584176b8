/** Every rotation driver, loaded on use. */
import type { Driver } from './driver.ts'

export const DRIVERS: Readonly<Record<string, () => Promise<Driver>>> = {
  generate: async () => (await import('./drivers/generate.ts')).driver,
}
