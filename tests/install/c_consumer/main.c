/* A program of somebody else's, in C, that vets a file: prints the verdict, or
 * why there is none. WORKER is where picklebox was installed to. */
#include <picklebox.h>
#include <stdio.h>

int main(int argc, char** argv) {
  picklebox_error* error = NULL;
  picklebox_options* options = picklebox_options_new();
  picklebox_scanner* scanner = NULL;
  picklebox_scan* scan;
  if (argc != 2) return 4;
  if (picklebox_options_set(options, "worker", WORKER, &error))
    scanner = picklebox_scanner_new(NULL, options, &error);
  picklebox_options_free(options);
  if (scanner == NULL) {
    fprintf(stderr, "%s\n", picklebox_error_message(error));
    picklebox_error_free(error);
    return 5;
  }
  scan = picklebox_scan_file(scanner, argv[1]);
  printf("%s\n", picklebox_verdict_name(picklebox_scan_verdict(scan)));
  picklebox_scan_free(scan);
  picklebox_scanner_free(scanner);
  return 0;
}
