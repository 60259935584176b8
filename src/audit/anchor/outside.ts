/** Whether an anchor lies outside of the log's own folder, by whatever path it is named. */
import type { BigIntStats } from 'node:fs'
import { lstat, readdir, realpath } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { errnoOf } from '../../errors.ts'

/** True where the folder is the home or lies in it, through links too. */
export async function isWithin(folder: string, home: string): Promise<boolean> {
  const way = relative(await realpath(home), await realpath(folder))
  return way !== '..' && !way.startsWith('../')
}

/** True where the file is one of the home's or of its keys, such as another name of `audit.log`. */
export async function isOneOf({ dev, ino }: BigIntStats, home: string): Promise<boolean> {
  for (const folder of [home, join(home, 'keys')]) {
    for (const name of await namesIn(folder)) {
      const ours = await lstat(join(folder, name), { bigint: true }).catch(gone)
      if (ours?.dev === dev && ours.ino === ino) return true
    }
  }
  return false
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(gone)) ?? []
}

function gone(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error
}
