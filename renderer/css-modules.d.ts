// What esbuild makes of the style sheets: names of a module, and nothing of a plain one.
declare module '*.module.css' {
  const names: Readonly<Record<string, string>>;
  // eslint-disable-next-line no-restricted-syntax
  export default names;
}
declare module '*.css';
declare module '@fontsource-variable/*';
