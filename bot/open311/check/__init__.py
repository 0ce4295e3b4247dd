"""`yizhan open311 check`: does a GeoReport v2 endpoint do what the standard says, and in what is it peculiar?"""
