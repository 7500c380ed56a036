/**
 * Who may import whom, type imports included: the folders of src in their order, plug-ins behind their
 * entry points, no cycle anywhere. `npm run tidy` runs it; ARCHITECTURE.md explains the order.
 */

/** The folders of src, lowest first: each imports only itself and those before it. */
const LAYERS = [
  'base',
  'state',
  'keygroup',
  'run',
  'storage',
  'checkpoint',
  'backend',
  'runtime',
  'connectors',
  'testing',
  'inspect',
  'cli',
]

/** What is plugged in behind a contract: one pattern each. Its siblings, and the engine, never see it. */
const PLUGINS = [
  '^src/backend/memory(/|[.-])',
  '^src/backend/rocksdb(/|[.-])',
  '^src/storage/memory(/|[.-])',
  '^src/storage/filesystem(/|[.-])',
  '^src/storage/s3(/|[.-])',
  '^src/storage/hdfs(/|[.-])',
  '^src/storage/open-storage[.-]',
  '^src/connectors/',
]

/**
 * Who puts plug-ins together: the entry points at the top of src, the command line, tests; and the one
 * file that turns a URI into a storage, which is therefore as hidden from the engine as a plug-in.
 */
const ASSEMBLERS = [
  '^src/[^/]+\\.ts$',
  '^src/(testing|cli)/',
  '^src/storage/open-storage\\.ts$',
  '\\.test\\.ts$',
]

/** What the package exports: all that an example may import. */
const ENTRY_POINTS = '^src/([^/]+|testing/index|connectors/[^/]+/index)\\.ts$'

const TESTS = '\\.test\\.ts$'

/** A rule without targets would match everything. */
function layerRules() {
  return allLayerRules().filter((rule) => rule.to.path.length > 0)
}

function allLayerRules() {
  return LAYERS.flatMap((layer, index) => {
    const above = LAYERS.slice(index + 1)
    // The command is an entry point itself: it may use the others (src/start.ts).
    const entries = layer === 'cli' ? [] : ['^src/[^/]+$']
    const aboveForTests = above.filter((name) => name !== 'testing')
    return [
      {
        name: `layer-${layer}`,
        comment: `src/${layer} imports only the folders before it (${LAYERS.slice(0, index).join(', ') || 'none'})`,
        severity: 'error',
        from: { path: `^src/${layer}/`, pathNot: TESTS },
        to: { path: [...above.map((name) => `^src/${name}/`), ...entries] },
      },
      {
        name: `layer-${layer}-tests`,
        comment: `tests of src/${layer} import src/testing and what src/${layer} may import; others belong in test/`,
        severity: 'error',
        from: { path: `^src/${layer}/.*${TESTS}` },
        to: { path: [...aboveForTests.map((name) => `^src/${name}/`), ...entries] },
      },
    ]
  })
}

function pluginRules() {
  return PLUGINS.map((plugin) => ({
    name: 'plug-in',
    comment: 'only an entry point, src/testing, src/cli or a test imports a plug-in',
    severity: 'error',
    from: { path: '^src/', pathNot: [...ASSEMBLERS, plugin] },
    to: { path: plugin },
  }))
}

module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'no import cycle, type imports included',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...layerRules(),
    ...pluginRules(),
    {
      name: 'no-test-import',
      comment: 'shipped code imports no test, no example and no script',
      severity: 'error',
      from: { path: '^src/', pathNot: TESTS },
      to: { path: [TESTS, '^(test|bench|examples|scripts)/'] },
    },
    {
      name: 'no-development-package',
      comment: 'shipped code imports dependencies and optional peers only',
      severity: 'error',
      from: { path: '^src/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'example-uses-the-package',
      comment: "an example imports 'holdfast' and its subpaths, as a user would",
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: '^src/', pathNot: ENTRY_POINTS },
    },
    {
      name: 'not-found',
      comment: 'the import resolves to nothing',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|build)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['holdfast-source', 'import', 'node', 'default', 'types'],
    },
  },
}
