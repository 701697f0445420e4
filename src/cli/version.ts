// The version of GGUF Studio, from package.json.
import packageFile from '../../package.json' with { type: 'json' };

export const studioVersion: string = packageFile.version;
