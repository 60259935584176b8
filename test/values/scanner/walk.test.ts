import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Work } from '../../../src/values/scanner/glob.ts'
import { Reader } from '../../../src/values/scanner/read.ts'
import { walk, type Step } from '../../../src/values/scanner/walk.ts'
import { isRoot, skipLoudly } from '../loud.ts'

/** @param files content by path; a path with a slash at its end is a folder */
function tree(files: Readonly<Record<string, string | Buffer>>): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'secretref-walk-')))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(dir, name.endsWith('/') ? name : dirname(name)), { recursive: true })
    if (!name.endsWith('/')) writeFileSync(join(dir, name), content)
  }
  return dir
}

const steps = (dir: string, all = false): Step[] =>
  [...walk(dir, { all, reader: new Reader() })].filter(({ kind }) => kind !== 'folder')

/** Relative paths of the files, with a mark for what git ignores. */
function filesIn(dir: string, { all = false, from = dir } = {}): string[] {
  return steps(from, all).flatMap((step) =>
    step.kind === 'file'
      ? [`${step.ignored ? '(ignored) ' : ''}${relative(dir, step.path.toString())}`]
      : [],
  )
}

describe('files', () => {
  test('in the order of their names, those of a folder before its folders', () => {
    const dir = tree({ 'b/c': '', 'b/a': '', z: '', a: '', 'a.d/x': '', 'empty/': '' })
    expect(filesIn(dir)).toEqual(['a', 'z', 'a.d/x', 'b/a', 'b/c'])
  })

  test('a single one is itself', () => {
    const dir = tree({ '.gitignore': '.env', '.env': '' })
    expect(filesIn(dir, { from: join(dir, '.env') })).toEqual(['.env'])
  })

  test('git’s own and other people’s are left out, unless all are asked for', () => {
    const dir = tree({
      '.git/config': '',
      'node_modules/x/.env': '',
      'src/node_modules/y': '',
      a: '',
    })
    expect(filesIn(dir)).toEqual(['a'])
    expect(steps(dir).filter(({ kind }) => kind === 'left-out')).toHaveLength(3)
    expect(filesIn(dir, { all: true })).toHaveLength(4)
  })
})

describe('.gitignore', () => {
  const files = {
    '.git/': '',
    '.gitignore': '.env\nbuild/\n*.log\n',
    '.env': '',
    'a.log': '',
    'build/out.js': '',
    'build/deep/.mcp.json': '',
    'sub/.gitignore': '!a.log\nlocal\n',
    'sub/a.log': '',
    'sub/local': '',
    'sub/inner/local': '',
  }

  test('is followed, and files of agents are searched all the same', () => {
    expect(filesIn(tree(files))).toEqual([
      '(ignored) .env',
      '.gitignore',
      '(ignored) build/deep/.mcp.json',
      'sub/.gitignore',
      'sub/a.log',
    ])
  })

  test('also from a folder inside', () => {
    const dir = tree(files)
    expect(filesIn(dir, { from: join(dir, 'sub', 'inner') })).toEqual([])
    expect(filesIn(dir, { from: join(dir, 'sub') })).toEqual(['sub/.gitignore', 'sub/a.log'])
  })

  test('what is asked for by name is searched, ignored or not', () => {
    const dir = tree(files)
    expect(filesIn(dir, { from: join(dir, 'build') })).toContain('build/out.js')
  })

  test('with all, nothing is left out', () => {
    const dir = tree(files)
    expect(filesIn(dir, { all: true })).toHaveLength(9)
    expect(steps(dir, true).filter(({ kind }) => kind === 'left-out')).toEqual([])
  })

  test('of a repository around another one does not hold in that one', () => {
    const dir = tree({ ...files, 'other/.git': 'gitdir: x', 'other/a.log': '' })
    expect(filesIn(dir)).toContain('other/a.log')
  })

  test('that is no file of its own hides nothing', () => {
    const dir = tree({ '.git/': '', rules: '*', a: '' })
    symlinkSync('rules', join(dir, '.gitignore'))
    expect(filesIn(dir)).toEqual(['a', 'rules'])
  })
})

const notFollowed = (dir: string): number =>
  steps(dir).filter(({ kind }) => kind === 'not-followed').length

describe('.gitignore of another user', () => {
  const OTHER = 12_345
  /** As in /tmp, where everybody may put one above. */
  function owned(files: Readonly<Record<string, string>>, others: readonly string[]): string {
    const dir = tree(files)
    for (const name of others) chownSync(join(dir, name), OTHER, OTHER)
    return dir
  }
  const files = {
    '.git/': '',
    '.gitignore': '*',
    'asked/a': '',
    'asked/b/.gitignore': 'c',
    'asked/b/c': '',
  }

  test('hides nothing, above what was asked for or below', (context) => {
    if (!isRoot) skipLoudly(context, 'files of another user', 'only root can make them')
    const from = 'asked'
    const shown = (dir: string): string[] => filesIn(dir, { from: join(dir, from) })
    const ours = owned(files, [])
    expect(shown(ours)).toEqual([])
    const theirs = owned(files, ['.git', '.gitignore'])
    expect(shown(theirs)).toEqual(['asked/a', 'asked/b/.gitignore'])
    expect(shown(owned(files, ['.git']))).toEqual(['asked/a', 'asked/b/.gitignore'])
    const onlyFile = owned(files, ['.gitignore'])
    expect(shown(onlyFile)).toEqual(['asked/a', 'asked/b/.gitignore'])
    expect(notFollowed(join(onlyFile, from))).toBe(1)
    const below = owned(files, ['.git', '.gitignore', 'asked/b/.gitignore'])
    expect(shown(below)).toEqual(['asked/a', 'asked/b/.gitignore', 'asked/b/c'])
    expect(notFollowed(join(below, from))).toBe(1)
  })

  test('holds where the folder that was asked for is theirs too', (context) => {
    if (!isRoot) skipLoudly(context, 'files of another user', 'only root can make them')
    const dir = owned(files, ['.git', '.gitignore', 'asked', 'asked/b/.gitignore'])
    expect(filesIn(dir, { from: join(dir, 'asked') })).toEqual([])
    expect(notFollowed(join(dir, 'asked'))).toBe(0)
  })
})

describe('.gitignore without end', () => {
  test('that is too large leaves nothing out, nor do those above it', () => {
    const dir = tree({
      '.git/': '',
      '.gitignore': '*.log',
      'a/.gitignore': `!x.log\n${'y\n'.repeat(10_001)}`,
      'a/x.log': '',
      'x.log': '',
    })
    expect(filesIn(dir)).toEqual(['.gitignore', 'a/.gitignore', 'a/x.log'])
    expect(steps(dir).filter(({ kind }) => kind === 'not-followed')).toHaveLength(1)
  })

  test('that takes too long leaves nothing more out', () => {
    const dir = tree({
      '.git/': '',
      '.gitignore': '*a*b*c*\n*.log\n',
      'aaaa.log': '',
      'b/aa.log': '',
    })
    const told = [...walk(dir, { all: false, reader: new Reader(), work: new Work(60) })]
    expect(told.map(({ kind }) => kind)).toEqual(
      'folder left-out file left-out folder file unmatched'.split(' '),
    )
  })

  test('ends, in as many folders as there may be', () => {
    const dir = tree({
      '.git/': '',
      '.gitignore': `${'**/'.repeat(1300)}b\n`,
      [`${'a/'.repeat(100)}x`]: '',
    })
    const begun = performance.now()
    expect(filesIn(dir)).toContain(`${'a/'.repeat(100)}x`)
    expect(performance.now() - begun).toBeLessThan(20_000)
  })
})

describe('no files', () => {
  test('links are not followed, into no file, folder or loop, and each is told of', () => {
    const dir = tree({ 'a/x': '' })
    symlinkSync('x', join(dir, 'a', 'link'))
    symlinkSync('..', join(dir, 'a', 'loop'))
    symlinkSync('/etc', join(dir, 'etc'))
    const kinds = steps(dir).map(({ kind }) => kind)
    expect(kinds.toSorted()).toEqual(['file', 'link', 'link', 'link'])
  })

  test('a FIFO is told of and not opened', () => {
    const dir = tree({})
    expect(spawnSync('mkfifo', [join(dir, 'pipe')]).status).toBe(0)
    expect(steps(dir)).toMatchObject([{ kind: 'special' }])
    expect(steps(join(dir, 'pipe'))).toMatchObject([{ kind: 'special' }])
  })

  test('what is not there is told of', () => {
    expect(steps(join(tree({}), 'nothing'))).toMatchObject([{ kind: 'unreadable' }])
  })

  test('so is what lies deeper than the system opens', () => {
    const dir = tree({})
    // By steps: no single path may be that long.
    const made = spawnSync(
      '/bin/sh',
      [
        '-c',
        'd=$(printf %0200d 0); for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do mkdir $d && cd -P $d || exit 1; done',
      ],
      { cwd: dir },
    )
    expect(made.status).toBe(0)
    expect(steps(dir)).toMatchObject([{ kind: 'unreadable' }])
  })

  test('so is a folder that we may not open', (context) => {
    if (isRoot) skipLoudly(context, 'a folder without rights', 'root may open it')
    const dir = tree({ 'closed/x': '' })
    chmodSync(join(dir, 'closed'), 0)
    onTestFinished(() => chmodSync(join(dir, 'closed'), 0o700))
    expect(steps(dir)).toMatchObject([{ kind: 'unreadable' }])
  })
})

test('every folder is told of, also one with nothing to search', () => {
  const dir = tree({ '.git/': '', '.gitignore': 'build/', 'build/a/b': '' })
  const told = [...walk(dir, { all: false, reader: new Reader() })].flatMap((step) =>
    step.kind === 'folder' ? [relative(dir, step.path.toString())] : [],
  )
  expect(told).toEqual(['', 'build', 'build/a'])
})

test('names that are no UTF-8 are found by their bytes', () => {
  const dir = tree({})
  const name = Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0xff, 0x41])])
  writeFileSync(name, 'x')
  const [step] = steps(dir)
  expect(step).toMatchObject({ kind: 'file', path: name })
  if (step?.kind === 'file') expect(new Reader().read(step.path)).toMatchObject({ kind: 'text' })
})
