"""AWS in memory, behind botocore's own method names: what the functions call, answered under AWS's conditions."""
