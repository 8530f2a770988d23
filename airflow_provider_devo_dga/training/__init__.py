"""From a dataset file to a MOJO: checked rows, an H2O cluster, a GBM at a false-positive budget."""
