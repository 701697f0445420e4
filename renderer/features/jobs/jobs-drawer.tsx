// The drawer with every job, whoever started it.
export function JobsDrawer() {
  return null;
}
