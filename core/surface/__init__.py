"""What a picture is wrapped on: functions that ready it for stylizing and put it back."""
