// Prints what llama-quantize v0.5.0 makes of an importance matrix, as JSON with the values in hex.
// Build in a llama.cpp checkout: g++ -std=c++17 -Icommon -Iggml/include -Iinclude -Ivendor print.cpp common/imatrix-loader.cpp
// with libggml-base and a file that defines common_log_main, common_log_get_verbosity_thold and an empty common_log_add.
#include "imatrix-loader.h"
#include "common.h"
#include <cstdio>
#include <cstdint>
#include <unordered_map>
#include <fstream>
// copied from load_imatrix of tools/quantize/quantize.cpp
static int load_imatrix(const std::string & imatrix_file, std::vector<std::string> & imatrix_datasets, std::map<std::string, std::vector<float>> & imatrix_data) {
    common_imatrix loaded;
    if (!common_imatrix_load(imatrix_file, loaded)) {
        fprintf(stderr, "%s: failed to load imatrix from '%s'\n", __func__, imatrix_file.c_str());
        exit(1);
    }

    if (!loaded.is_legacy && !loaded.has_metadata) {
        fprintf(stderr, "%s: missing imatrix metadata in file %s\n", __func__, imatrix_file.c_str());
        exit(1);
    }

    for (const auto & [name, entry] : loaded.entries) {
        auto & e = imatrix_data[name];
        e.resize(entry.sums.size());

        if (!loaded.is_legacy) {
            // GGUF format: normalize by per-expert counts
            const int64_t ncounts = entry.counts.size();
            const int64_t ne0     = (int64_t) entry.sums.size() / ncounts;

            for (int64_t j = 0; j < ncounts; ++j) {
                const float count = (float) entry.counts[j];
                if (count > 0.0f) {
                    for (int64_t i = 0; i < ne0; ++i) {
                        e[j*ne0 + i] = entry.sums[j*ne0 + i] / count;
                    }
                } else {
                    for (int64_t i = 0; i < ne0; ++i) {
                        e[j*ne0 + i] = 1;
                    }
                }
            }

            if (getenv("LLAMA_TRACE")) {
                float max_count = 0.0f;
                for (int64_t j = 0; j < ncounts; ++j) {
                    const float count = (float) entry.counts[j];
                    if (count > max_count) {
                        max_count = count;
                    }
                }
                printf("%s: loaded data (size = %6d, n_tokens = %6d, n_chunks = %6d) for '%s'\n",
                       __func__, int(e.size()), int(max_count), int(max_count / loaded.chunk_size), name.c_str());
            }
        } else {
            // Legacy format: sums contain (raw/count)*ncall, divide by ncall
            const int64_t ncall = entry.counts.empty() ? 0 : entry.counts[0];
            if (ncall > 0) {
                for (size_t i = 0; i < entry.sums.size(); ++i) {
                    e[i] = entry.sums[i] / ncall;
                }
            } else {
                for (size_t i = 0; i < entry.sums.size(); ++i) {
                    e[i] = entry.sums[i];
                }
            }

            if (getenv("LLAMA_TRACE")) {
                printf("%s: loaded data (size = %6d, ncall = %6d) for '%s'\n",
                       __func__, int(e.size()), int(ncall), name.c_str());
            }
        }
    }

    imatrix_datasets = std::move(loaded.datasets);

    if (!imatrix_datasets.empty()) {
        printf("%s: imatrix datasets=['%s'", __func__, imatrix_datasets[0].c_str());
        for (size_t i = 1; i < imatrix_datasets.size(); ++i) {
            printf(", '%s'", imatrix_datasets[i].c_str());
        }
        printf("]\n");
    }

    printf("%s: loaded %d importance matrix entries from %s computed on %d chunks\n", __func__, int(imatrix_data.size()), imatrix_file.c_str(), loaded.chunk_count);

    return loaded.chunk_count;
}

int main(int argc, char **argv) {
  std::vector<std::string> ds; std::map<std::string, std::vector<float>> data;
  int chunks = load_imatrix(argv[1], ds, data);
  FILE * f = fopen(argv[2], "w");
  fprintf(f, "{\n \"chunkCount\": %d,\n \"datasets\": [", chunks);
  for (size_t i=0;i<ds.size();i++) fprintf(f, "%s\"%s\"", i?", ":"", ds[i].c_str());
  fprintf(f, "],\n \"values\": {");
  bool first=true;
  for (auto & kv : data) { fprintf(f, "%s\n  \"%s\": \"", first?"":",", kv.first.c_str()); first=false;
    const uint8_t * p=(const uint8_t*)kv.second.data(); for (size_t i=0;i<kv.second.size()*4;i++) fprintf(f,"%02x",p[i]); fprintf(f,"\""); }
  fprintf(f, "\n }\n}\n"); fclose(f);
}
