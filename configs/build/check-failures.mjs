// Which tests failed, out of the JSON reports of vitest and of Playwright: a line per test, with the first line of the reason.

const maximumLength = 300;

/** Colours that a terminal shows and a line of a log does not need. */
const colours = /\u001b\[[0-9;]*m/g;

function lineOf(where, message = '') {
  const first = message
    .replace(colours, '')
    .split('\n')
    .find((line) => line.trim() !== '');
  return `${where}${first ? `: ${first.trim()}` : ''}`.slice(0, maximumLength);
}

/** `{ failed, flaky }` of vitest's report; nothing when there is none. */
export function failuresOfUnit(report) {
  const failed = (report?.testResults ?? []).flatMap(({ name, status, message, assertionResults }) => {
    const file = name.replaceAll('\\', '/').replace(/^.*?\/(?=test\/)/, '');
    const tests = assertionResults.filter((test) => test.status === 'failed');
    // A file that could not be loaded, or whose preparation failed, has no failed test.
    if (tests.length === 0) return status === 'failed' ? [lineOf(file, message)] : [];
    return tests.map((test) => lineOf(`${file} > ${test.fullName}`, test.failureMessages[0]));
  }); // prettier-ignore
  return { failed, flaky: [] };
}

/** The same of Playwright's report; problems outside any test come first. */
export function failuresOfE2e(report) {
  const failed = (report?.errors ?? []).map(({ message }) => lineOf('outside the tests', message));
  const flaky = [];
  const visit = ({ specs = [], suites = [] }) => {
    for (const { file, line, title, tests } of specs) {
      for (const { projectName, status, results } of tests) {
        const where = `[${projectName}] ${file}:${line} ${title}`;
        const reason = results.find(({ error }) => error !== undefined)?.error.message;
        if (status === 'unexpected') failed.push(lineOf(where, reason));
        if (status === 'flaky') flaky.push(lineOf(where, reason));
      }
    }
    suites.forEach(visit);
  };
  (report?.suites ?? []).forEach(visit);
  return { failed, flaky };
}
