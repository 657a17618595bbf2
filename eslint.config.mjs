import tseslint from 'typescript-eslint';

/** What would make a fold or a decision depend on where and when it runs: the domain takes them as input. */
const impure = ['crypto', 'process', 'setTimeout', 'setInterval', 'fetch', 'console'];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '**/generated/', '.scratch/'] },
  ...tseslint.configs.recommended,
  {
    rules: {
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
    },
  },
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-explicit-any': 'error',
      eqeqeq: 'error',
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^#.*/src/|^\\.\\./.*libs/',
              message: 'Import another library by its name (#domain, #drivers …).',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['apps/**/*.ts', 'libs/**/*.ts'],
    ignores: ['libs/configuration/**', '**/*.spec.ts', 'libs/testing/**', 'apps/*/src/e2e/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only libs/configuration reads the environment.' },
      ],
    },
  },
  {
    files: ['libs/domain/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...[
          'CallExpression[callee.object.name="Date"][callee.property.name="now"]',
          'NewExpression[callee.name="Date"][arguments.length=0]',
          'CallExpression[callee.object.name="Math"][callee.property.name="random"]',
        ].map(selector => ({ selector, message: 'The domain is pure: take it as an input.' })),
      ],
      'no-restricted-globals': [
        'error',
        ...impure.map(name => ({ name, message: 'The domain is pure: take it as an input.' })),
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: ['node:fs', 'node:net', 'node:http', 'node:timers', 'node:child_process'],
          patterns: [
            {
              group: ['@nestjs/*', 'typeorm', 'better-sqlite3', 'kafkajs', '@kurrent/*', '#*'],
              message: 'The domain depends on nothing but XState and ajv.',
            },
          ],
        },
      ],
    },
  },
  { files: ['**/*.spec.ts'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
);
