/**
 * A folder that is held open while it is searched. What lies in it is opened from there, not by its whole
 * path: a folder on the way may be replaced by a symbolic link meanwhile, and would lead somewhere else.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  type Dirent,
  type Stats,
} from 'node:fs'

const SLASH = Buffer.from('/')
/** Where a descriptor can be used as a folder (proc_pid_fd(5)): on Linux alone. */
const DESCRIPTORS = '/proc/self/fd'
const hasDescriptors = process.platform === 'linux' && existsSync(DESCRIPTORS)

export class HeldFolder {
  /** By its descriptor, or its path where there is no such way: there it is looked at before each use. */
  readonly #where: Buffer
  readonly #path: Buffer
  readonly #fd: number
  readonly #byDescriptor: boolean
  #isOpen = true
  readonly owner: number

  private constructor(path: Buffer, fd: number, byDescriptor: boolean) {
    this.#path = path
    this.#fd = fd
    this.#byDescriptor = byDescriptor
    this.#where = byDescriptor ? Buffer.from(`${DESCRIPTORS}/${fd}`) : path
    this.owner = fstatSync(fd).uid
  }

  /**
   * @param path absolute, without symbolic links
   * @returns `undefined` where there is no folder that we may open, or it lies elsewhere by now
   */
  static open(path: Buffer, byDescriptor = hasDescriptors): HeldFolder | undefined {
    let fd
    try {
      const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants
      fd = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK)
      const folder = new HeldFolder(path, fd, byDescriptor)
      if (isAt(fd, path, byDescriptor)) return folder
    } catch {
      // Whatever the reason, we cannot look into it.
    }
    if (fd !== undefined) closeSync(fd)
    return undefined
  }

  /** By which an entry is opened, until `close`; `undefined` where the folder lies elsewhere by now. */
  entry(name: Buffer): Buffer | undefined {
    if (!this.#isInPlace()) return undefined
    return Buffer.concat([this.#where, SLASH, name])
  }

  /** `undefined` where there is nothing that we can see, whatever the reason. */
  stat(name: Buffer): Stats | undefined {
    const entry = this.entry(name)
    return entry && statOf(entry)
  }

  /** In the order of their names; `undefined` where we cannot see them. */
  entries(): Dirent<Buffer>[] | undefined {
    if (!this.#isInPlace()) return undefined
    try {
      const entries = readdirSync(this.#where, { withFileTypes: true, encoding: 'buffer' })
      return entries.sort((a, b) => Buffer.compare(a.name, b.name))
    } catch {
      return undefined
    }
  }

  close(): void {
    this.#isOpen = false
    closeSync(this.#fd)
  }

  /** Of a descriptor it does not matter; once closed, it may be another folder's. */
  #isInPlace(): boolean {
    if (!this.#isOpen) return false
    return this.#byDescriptor || isAt(this.#fd, this.#path, false)
  }
}

/** Whether what was opened is what a path leads to without a symbolic link. */
export function isAt(fd: number, path: Buffer, byDescriptor = hasDescriptors): boolean {
  try {
    if (byDescriptor) return readlinkSync(`${DESCRIPTORS}/${fd}`, 'buffer').equals(path)
    const held = fstatSync(fd)
    const there = statOf(path)
    if (there === undefined || there.dev !== held.dev || there.ino !== held.ino) return false
    return realpathSync.native(path, 'buffer').equals(path)
  } catch {
    return false
  }
}

/** Of an entry of a folder. */
export function pathIn(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat(folder.equals(SLASH) ? [SLASH, name] : [folder, SLASH, name])
}

/** Of the entry itself; `undefined` where there is nothing that we can see, whatever the reason. */
export function statOf(path: Buffer): Stats | undefined {
  try {
    return lstatSync(path)
  } catch {
    return undefined
  }
}
