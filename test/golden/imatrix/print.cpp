// Prints what llama-quantize v0.5.0 makes of an importance matrix, as JSON with the values in hex. The loader is the
// tool's own: its source is included here with its main renamed. Build in a llama.cpp checkout of that release with
//   g++ -std=c++17 -Icommon -Iggml/include -Iinclude -Isrc -Ivendor -I. print.cpp -L$BINS -l:libllama-common.so
//   -l:libllama.v0.5.0.so -l:libggml.v0.5.0.so -l:libggml-base.so -Wl,-rpath,$BINS -lpthread -o print
// where $BINS is the folder of node-llama-cpp's prebuilt libraries.
#define main quantize_main
#include "tools/quantize/quantize.cpp"
#undef main

int main(int argc, char ** argv) {
    if (argc != 3) {
        return 64;
    }
    std::vector<std::string> datasets;
    std::unordered_map<std::string, std::vector<float>> unordered;
    const int chunk_count = load_imatrix(argv[1], datasets, unordered);
    const std::map<std::string, std::vector<float>> values(unordered.begin(), unordered.end());

    FILE * file = fopen(argv[2], "w");
    fprintf(file, "{\n \"chunkCount\": %d,\n \"datasets\": [", chunk_count);
    for (size_t i = 0; i < datasets.size(); i++) {
        fprintf(file, "%s\"%s\"", i ? ", " : "", datasets[i].c_str());
    }
    fprintf(file, "],\n \"values\": {");
    const char * separator = "";
    for (const auto & [name, floats] : values) {
        fprintf(file, "%s\n  \"%s\": \"", separator, name.c_str());
        separator = ",";
        const auto * bytes = (const unsigned char *) floats.data();
        for (size_t i = 0; i < floats.size() * sizeof(float); i++) {
            fprintf(file, "%02x", bytes[i]);
        }
        fprintf(file, "\"");
    }
    fprintf(file, "\n }\n}\n");
    return fclose(file);
}
