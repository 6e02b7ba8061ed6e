"""`make profile`: where the time of one handler goes on one recorded event."""
